"""The simulated AHT20, by its commands and times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sim.aht20 import Aht20Chip, checksum
from drivers.sim.chip import NotAcknowledged


class _Time:
    now_ns = 5_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def pass_ms(self, milliseconds: int) -> None:
        self.now_ns += milliseconds * 1_000_000


def test_checksum_of_a_real_chips_bytes_is_the_real_one() -> None:
    assert checksum(bytes([28, 38, 154, 118, 66, 231])) == 118


def test_measurement_is_busy_until_it_is_done_and_then_shows_the_air_with_a_checksum() -> None:
    time = _Time()
    chip = Aht20Chip(mono_ns=time)
    chip.set(temperature_c=25, humidity_pct=25)
    chip.write(b"\xac\x33\x00")
    time.pass_ms(74)
    assert chip.read(1) == b"\x98"
    time.pass_ms(1)
    reply = chip.read(7)
    assert reply[:6].hex() == "184000060000"
    assert reply[6] == checksum(reply[:6])
    assert chip.presented == {"temperature": 2500, "humidity": 2500}


def test_uncalibrated_chip_says_so_until_it_is_told_to_load_the_calibration() -> None:
    chip = Aht20Chip(calibrated=False, mono_ns=_Time())
    assert chip.read(1) == b"\x10"
    chip.write(b"\xbe\x08\x00")
    assert chip.read(1)[0] & 0x08


@pytest.mark.parametrize("command", ["e10800", "ac3301", "70", "be08"])
def test_command_of_another_chip_is_not_acknowledged(command: str) -> None:
    with pytest.raises(NotAcknowledged):
        Aht20Chip().write(bytes.fromhex(command))


def test_empty_write_is_acknowledged() -> None:
    chip = Aht20Chip()
    chip.write(b"")
    chip.stop()


def test_wrong_checksums_come_as_often_as_ordered_and_only_with_a_whole_reply() -> None:
    chip = Aht20Chip()
    chip.bad_checksums = 1
    chip.read(1)
    first, second = chip.read(7), chip.read(7)
    assert (first[6] == checksum(first[:6]), second[6] == checksum(second[:6])) == (False, True)


@given(temperature=st.decimals(-40, 85, places=2), humidity=st.decimals(0, 100, places=2))
def test_presented_for_any_air_within_range_is_the_air_itself(temperature: object, humidity: object) -> None:
    """A step of the converter is finer than the channels' units, so what is set to them comes back unchanged."""
    time = _Time()
    chip = Aht20Chip(mono_ns=time)
    chip.set(temperature_c=temperature, humidity_pct=humidity)  # type: ignore[arg-type]  # hypothesis gives decimals
    chip.write(b"\xac\x33\x00")
    time.pass_ms(80)
    chip.read(7)
    assert chip.presented == {"temperature": temperature * 100, "humidity": humidity * 100}  # type: ignore[operator]
