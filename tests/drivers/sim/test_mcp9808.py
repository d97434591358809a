"""The simulated MCP9808, by its registers and times."""

import pytest

from drivers.sim.mcp9808 import Mcp9808Chip


class _Time:
    now_ns = 5_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def pass_ms(self, milliseconds: int) -> None:
        self.now_ns += milliseconds * 1_000_000


def _register(chip: Mcp9808Chip, number: int, length: int = 2) -> str:
    chip.write(bytes([number]))
    return chip.read(length).hex()


def test_registers_after_power_up_are_those_of_the_data_sheet() -> None:
    chip = Mcp9808Chip()
    assert [_register(chip, number) for number in (0x01, 0x06, 0x07)] == ["0000", "0054", "0400"]
    assert _register(chip, 0x08, 1) == "03"


@pytest.mark.parametrize(
    ("resolution", "took_ms", "shown"), [(3, 250, "c194"), (2, 130, "c194"), (1, 65, "c194"), (0, 30, "c190")]
)
def test_measurement_takes_the_time_of_its_resolution(resolution: int, took_ms: int, shown: str) -> None:
    time = _Time()
    chip = Mcp9808Chip(mono_ns=time)
    chip.set(temperature_c=25.25)
    chip.write(bytes([0x08, resolution]))
    time.pass_ms(took_ms - 1)
    assert _register(chip, 0x05) == "0000"
    time.pass_ms(1)
    assert _register(chip, 0x05) == shown


def test_temperature_below_zero_is_twos_complement_with_the_flag_of_the_lower_limit() -> None:
    time = _Time()
    chip = Mcp9808Chip(mono_ns=time)
    chip.set(temperature_c=-1)
    time.pass_ms(250)
    assert _register(chip, 0x05) == "3ff0"
    assert chip.presented == {"temperature": -100}


def test_flags_follow_the_limits() -> None:
    time = _Time()
    chip = Mcp9808Chip(mono_ns=time)
    for register, limit in ((0x02, "0190"), (0x03, "1ff0"), (0x04, "0640")):
        chip.write(bytes([register]) + bytes.fromhex(limit))
    chip.set(temperature_c=20)
    time.pass_ms(250)
    assert _register(chip, 0x05) == "0140"


def test_chip_asleep_keeps_its_last_value() -> None:
    time = _Time()
    chip = Mcp9808Chip(mono_ns=time)
    time.pass_ms(250)
    before = _register(chip, 0x05)
    chip.write(b"\x01\x01\x00")
    chip.set(temperature_c=80)
    time.pass_ms(10_000)
    assert _register(chip, 0x05) == before


def test_identification_cannot_be_written() -> None:
    chip = Mcp9808Chip()
    chip.write(b"\x06\x00\x00")
    assert _register(chip, 0x06) == "0054"
