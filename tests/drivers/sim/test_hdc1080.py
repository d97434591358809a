"""The simulated HDC1080, by its registers and times."""

import pytest

from drivers.sim.chip import NotAcknowledged
from drivers.sim.hdc1080 import Hdc1080Chip


class _Time:
    now_ns = 5_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def pass_us(self, microseconds: int) -> None:
        self.now_ns += microseconds * 1000


def _register(chip: Hdc1080Chip, number: int) -> str:
    chip.write(bytes([number]))
    return chip.read(2).hex()


def test_registers_after_power_up_are_those_of_the_data_sheet() -> None:
    chip = Hdc1080Chip()
    assert [_register(chip, number) for number in (0x02, 0xFE, 0xFF)] == ["1000", "5449", "1050"]


def test_measurement_of_both_is_not_acknowledged_until_it_is_done() -> None:
    time = _Time()
    chip = Hdc1080Chip(mono_ns=time)
    chip.set(temperature_c=42.5, humidity_pct=25)
    chip.write(b"\x00")
    time.pass_us(12_849)
    with pytest.raises(NotAcknowledged):
        chip.read(4)
    time.pass_us(1)
    assert chip.read(4).hex() == "80004000"
    assert chip.presented == {"temperature": 4250, "humidity": 2500}


@pytest.mark.parametrize(("pointer", "took_us", "shown"), [(0, 6_350, "80000000"), (1, 6_500, "40004000")])
def test_measurement_of_one_takes_its_own_time_and_leaves_the_other(pointer: int, took_us: int, shown: str) -> None:
    time = _Time()
    chip = Hdc1080Chip(mono_ns=time)
    chip.write(b"\x02\x00\x00")
    chip.set(temperature_c=42.5, humidity_pct=25)
    chip.write(bytes([pointer]))
    time.pass_us(took_us)
    assert chip.read(4).hex() == shown


def test_reset_restores_the_settings_and_takes_its_time() -> None:
    time = _Time()
    chip = Hdc1080Chip(mono_ns=time)
    chip.write(b"\x02\x00\x00")
    chip.write(b"\x02\x80\x00")
    with pytest.raises(NotAcknowledged):
        chip.write(b"\x02\x10\x00")
    time.pass_us(15_000)
    assert _register(chip, 0x02) == "1000"


def test_identification_cannot_be_written() -> None:
    chip = Hdc1080Chip()
    chip.write(b"\xff\x00\x00")
    assert _register(chip, 0xFF) == "1050"
