"""The simulated TMP117, by its registers and times."""

import pytest

from drivers.sim.tmp117 import Tmp117Chip


class _Time:
    now_ns = 5_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def pass_us(self, microseconds: int) -> None:
        self.now_ns += microseconds * 1000


def _register(chip: Tmp117Chip, number: int) -> str:
    chip.write(bytes([number]))
    return chip.read(2).hex()


def test_registers_after_power_up_are_those_of_the_data_sheet() -> None:
    chip = Tmp117Chip(mono_ns=_Time())
    assert [_register(chip, number) for number in (0x00, 0x01, 0x02, 0x03, 0x0F)] == [
        "8000", "0220", "6000", "8000", "0117",
    ]  # fmt: skip


@pytest.mark.parametrize(("average", "took_us"), [(0, 15_500), (1, 124_000), (2, 496_000), (3, 992_000)])
def test_one_shot_takes_the_time_of_its_average_then_shuts_down(average: int, took_us: int) -> None:
    time = _Time()
    chip = Tmp117Chip(mono_ns=time)
    chip.set(temperature_c=25)
    chip.write(bytes([0x01, 0x0C, average << 5]))
    time.pass_us(took_us - 1)
    assert _register(chip, 0x00) == "8000"
    time.pass_us(1)
    assert _register(chip, 0x01) == f"24{average << 5:02x}"
    assert _register(chip, 0x00) == "0c80"
    chip.set(temperature_c=80)
    time.pass_us(60_000_000)
    assert _register(chip, 0x00) == "0c80"


def test_continuous_mode_measures_again_each_cycle_and_flags_each_value_once() -> None:
    time = _Time()
    chip = Tmp117Chip(mono_ns=time)
    time.pass_us(124_000)
    assert (_register(chip, 0x01), _register(chip, 0x01)) == ("2220", "0220")
    chip.set(temperature_c=-25)
    time.pass_us(999_999)
    assert _register(chip, 0x00) == "0a00"
    time.pass_us(1)
    assert (_register(chip, 0x00), chip.presented) == ("f380", {"temperature": -25_000})


def test_soft_reset_forgets_value_and_settings() -> None:
    time = _Time()
    chip = Tmp117Chip(mono_ns=time)
    time.pass_us(1_000_000)
    chip.write(b"\x01\x04\x20")
    chip.write(b"\x01\x00\x02")
    assert (_register(chip, 0x00), _register(chip, 0x01)) == ("8000", "0220")


def test_identification_and_value_cannot_be_written() -> None:
    chip = Tmp117Chip(mono_ns=_Time())
    chip.write(b"\x0f\x00\x00")
    chip.write(b"\x00\x00\x00")
    assert (_register(chip, 0x0F), _register(chip, 0x00)) == ("0117", "8000")
