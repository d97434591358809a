"""The simulated LM75, by its registers and times."""

from drivers.sim.lm75 import Lm75Chip


class _Time:
    now_ns = 5_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def pass_ms(self, milliseconds: int) -> None:
        self.now_ns += milliseconds * 1_000_000


def _register(chip: Lm75Chip, number: int, length: int = 2) -> str:
    chip.write(bytes([number]))
    return chip.read(length).hex()


def test_registers_after_power_up_are_those_of_the_data_sheet() -> None:
    chip = Lm75Chip(mono_ns=_Time())
    assert [_register(chip, number) for number in (0x00, 0x02, 0x03)] == ["0000", "4b00", "5000"]
    assert _register(chip, 0x01, 1) == "00"


def test_measurement_takes_a_tenth_of_a_second() -> None:
    time = _Time()
    chip = Lm75Chip(mono_ns=time)
    chip.set(temperature_c=-0.5)
    time.pass_ms(99)
    assert _register(chip, 0x00) == "0000"
    time.pass_ms(1)
    assert _register(chip, 0x00) == "ff80"


def test_bits_below_the_resolution_are_whatever_they_are() -> None:
    time = _Time()
    nine, eleven = (Lm75Chip(bits=bits, litter=0xFFFF, mono_ns=time) for bits in (9, 11))
    for chip in (nine, eleven):
        chip.set(temperature_c=25.125)
    time.pass_ms(100)
    assert (_register(nine, 0x00), _register(eleven, 0x00)) == ("197f", "193f")
    assert (nine.presented, eleven.presented) == ({"temperature": 2500}, {"temperature": 2513})


def test_chip_asleep_keeps_its_last_value_and_wakes_with_a_new_one() -> None:
    time = _Time()
    chip = Lm75Chip(mono_ns=time)
    time.pass_ms(100)
    chip.write(b"\x01\x01")
    chip.set(temperature_c=80)
    time.pass_ms(10_000)
    assert _register(chip, 0x00) == "1400"
    chip.write(b"\x01\x00")
    time.pass_ms(100)
    assert _register(chip, 0x00) == "5000"


def test_thresholds_keep_nine_bits_and_the_temperature_cannot_be_written() -> None:
    chip = Lm75Chip(mono_ns=_Time())
    chip.write(b"\x03\x1e\xff")
    chip.write(b"\x00\x1e\xff")
    assert (_register(chip, 0x03), _register(chip, 0x00)) == ("1e80", "0000")
