"""The simulated BH1750, by its commands and times."""

import pytest

from drivers.sim.bh1750 import Bh1750Chip
from drivers.sim.chip import NotAcknowledged


class _Time:
    now_ns = 5_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def pass_ms(self, milliseconds: int) -> None:
        self.now_ns += milliseconds * 1_000_000


def _send(chip: Bh1750Chip, *codes: int) -> None:
    for code in codes:
        chip.write(bytes([code]))


def test_single_measurement_shows_the_old_result_until_it_is_done_then_powers_down() -> None:
    time = _Time()
    chip = Bh1750Chip(mono_ns=time)
    chip.set(illuminance_lux=100)
    _send(chip, 0x01, 0x20)
    time.pass_ms(119)
    assert (chip.read(2).hex(), chip.powered) == ("0000", True)
    time.pass_ms(1)
    assert (chip.read(2).hex(), chip.powered) == ("0078", False)
    assert chip.presented == {"illuminance": 10_000}


@pytest.mark.parametrize(
    ("codes", "took_ms", "count"),
    [((0x21,), 120, 240), ((0x23,), 16, 120), ((0x40, 0x7F, 0x20), 54, 54), ((0x47, 0x7E, 0x21), 442, 883)],
)
def test_counts_and_duration_follow_mode_and_measurement_time(
    codes: tuple[int, ...], took_ms: int, count: int
) -> None:
    time = _Time()
    chip = Bh1750Chip(mono_ns=time)
    chip.set(illuminance_lux=100)
    _send(chip, *codes)
    time.pass_ms(took_ms - 1)
    assert chip.read(2) == b"\x00\x00"
    time.pass_ms(1)
    assert int.from_bytes(chip.read(2), "big") == count
    assert chip.presented["illuminance"] == pytest.approx(10_000, rel=0.01)


def test_continuous_mode_goes_on_until_power_down_and_keeps_its_result() -> None:
    time = _Time()
    chip = Bh1750Chip(mono_ns=time)
    _send(chip, 0x10)
    time.pass_ms(120)
    chip.set(illuminance_lux=500)
    time.pass_ms(120)
    assert chip.read(2).hex() == "0258"
    _send(chip, 0x00)
    chip.set(illuminance_lux=0)
    time.pass_ms(10_000)
    assert chip.read(2).hex() == "0258"


def test_reset_clears_the_result_unless_powered_down() -> None:
    time = _Time()
    chip = Bh1750Chip(mono_ns=time)
    _send(chip, 0x20)
    time.pass_ms(120)
    _send(chip, 0x07)
    assert chip.read(2).hex() == "012c"
    _send(chip, 0x01, 0x07)
    assert chip.read(2).hex() == "0000"


def test_more_light_than_fits_is_all_ones_and_presented_as_not_available() -> None:
    time = _Time()
    chip = Bh1750Chip(mono_ns=time)
    chip.set(illuminance_lux=60_000)
    _send(chip, 0x20)
    time.pass_ms(120)
    assert (chip.read(2).hex(), chip.presented) == ("ffff", {"illuminance": None})


@pytest.mark.parametrize("data", ["0120", "12", "30", "80", "48"])
def test_two_commands_at_once_or_none_of_its_own_are_not_acknowledged(data: str) -> None:
    with pytest.raises(NotAcknowledged):
        Bh1750Chip().write(bytes.fromhex(data))


def test_empty_write_is_acknowledged() -> None:
    chip = Bh1750Chip()
    chip.write(b"")
    chip.stop()
