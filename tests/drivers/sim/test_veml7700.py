"""The simulated VEML7700, by its registers and times."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sim.veml7700 import Veml7700Chip, corrected, uncorrected


class _Time:
    now_ns = 5_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def pass_ms(self, milliseconds: float) -> None:
        self.now_ns += round(milliseconds * 1_000_000)


def _register(chip: Veml7700Chip, number: int) -> int:
    chip.write(bytes([number]))
    return int.from_bytes(chip.read(2), "little")


def test_chip_after_power_up_is_shut_down_and_counts_nothing() -> None:
    time = _Time()
    chip = Veml7700Chip(mono_ns=time)
    time.pass_ms(10_000)
    assert (_register(chip, 0x00), _register(chip, 0x04)) == (0x0001, 0)


@pytest.mark.parametrize(
    ("word", "took_ms", "count"),
    [("0000", 100, 3720), ("0008", 100, 7440), ("0010", 100, 465), ("0018", 100, 930), ("0013", 25, 116),
     ("c000", 800, 29762)],
)  # fmt: skip
def test_count_and_duration_follow_gain_and_integration_time(word: str, took_ms: int, count: int) -> None:
    time = _Time()
    chip = Veml7700Chip(mono_ns=time)
    chip.write(b"\x00" + bytes.fromhex(word))
    time.pass_ms(took_ms + 2.4)
    assert _register(chip, 0x04) == 0
    time.pass_ms(0.1)
    assert _register(chip, 0x04) == count
    assert chip.presented["illuminance"] == pytest.approx(25_000, abs=100)


def test_chip_shut_down_keeps_its_last_count() -> None:
    time = _Time()
    chip = Veml7700Chip(mono_ns=time)
    chip.write(b"\x00\x00\x00")
    time.pass_ms(200)
    before = _register(chip, 0x04)
    chip.write(b"\x00\x01\x00")
    chip.set(illuminance_lux=10)
    time.pass_ms(10_000)
    assert _register(chip, 0x04) == before


def test_more_light_than_fits_is_all_ones_and_presented_as_not_available() -> None:
    time = _Time()
    chip = Veml7700Chip(mono_ns=time)
    chip.set(illuminance_lux=100_000)
    chip.write(b"\x00\x00\x08")
    time.pass_ms(200)
    assert (_register(chip, 0x04), chip.presented) == (0xFFFF, {"illuminance": None})


def test_count_cannot_be_written_and_reserved_bits_stay_zero() -> None:
    chip = Veml7700Chip(mono_ns=_Time())
    chip.write(b"\x04\x12\x34")
    chip.write(b"\x00\xff\xff")
    assert (_register(chip, 0x04), _register(chip, 0x00)) == (0, 0x1BF3)


@given(lux=st.one_of(st.floats(0, 999), st.floats(1076, 140_000)))
def test_uncorrected_light_corrected_again_is_the_light(lux: float) -> None:
    """The chip shows what the maker's correction turns back into the light."""
    assert float(corrected(uncorrected(Fraction(lux)))) == pytest.approx(lux, rel=1e-6, abs=1e-6)
