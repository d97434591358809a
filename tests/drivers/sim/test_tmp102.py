"""The simulated TMP102, by its registers and times."""

import pytest

from drivers.sim.tmp102 import Tmp102Chip


class _Time:
    now_ns = 5_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def pass_ms(self, milliseconds: int) -> None:
        self.now_ns += milliseconds * 1_000_000


def _register(chip: Tmp102Chip, number: int) -> str:
    chip.write(bytes([number]))
    return chip.read(2).hex()


def test_registers_after_power_up_are_those_of_the_data_sheet() -> None:
    chip = Tmp102Chip(mono_ns=_Time())
    assert [_register(chip, number) for number in range(4)] == ["0000", "60a0", "4b00", "5000"]


@pytest.mark.parametrize(
    ("mode", "celsius", "shown"),
    [("0180", 50, "3200"), ("0180", -25, "e700"), ("0180", 140, "7ff0"), ("0190", 150, "4b01"), ("0190", 0, "0001")],
)
def test_one_shot_shows_the_form_of_its_mode_and_says_when_it_is_done(mode: str, celsius: float, shown: str) -> None:
    time = _Time()
    chip = Tmp102Chip(mono_ns=time)
    chip.set(temperature_c=celsius)
    high, low = bytes.fromhex(mode)
    chip.write(bytes([0x01, high | 0x80, low]))
    time.pass_ms(25)
    assert _register(chip, 0x01) == f"61{low | 0x20:02x}"
    time.pass_ms(1)
    assert _register(chip, 0x01) == f"e1{low | 0x20:02x}"
    assert _register(chip, 0x00) == shown


@pytest.mark.parametrize(("rate", "period_ms"), [(0, 4000), (1, 1000), (2, 250), (3, 125)])
def test_continuous_mode_measures_again_at_its_rate(rate: int, period_ms: int) -> None:
    time = _Time()
    chip = Tmp102Chip(mono_ns=time)
    chip.write(bytes([0x01, 0x00, rate << 6]))
    time.pass_ms(26)
    assert _register(chip, 0x00) == "1400"
    chip.set(temperature_c=50)
    time.pass_ms(period_ms - 1)
    assert _register(chip, 0x00) == "1400"
    time.pass_ms(1)
    assert _register(chip, 0x00) == "3200"


def test_chip_in_shutdown_keeps_its_last_value() -> None:
    time = _Time()
    chip = Tmp102Chip(mono_ns=time)
    time.pass_ms(26)
    chip.write(b"\x01\x01\x80")
    chip.set(temperature_c=80)
    time.pass_ms(10_000)
    assert _register(chip, 0x00) == "1400"


def test_resolution_bits_and_temperature_cannot_be_written() -> None:
    chip = Tmp102Chip(mono_ns=_Time())
    chip.write(b"\x01\x01\x00")
    chip.write(b"\x00\x12\x34")
    chip.write(b"\x03\x12\x30")
    assert [_register(chip, number) for number in (0x00, 0x01, 0x03)] == ["0000", "6120", "1230"]
