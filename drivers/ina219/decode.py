"""Words of the INA219 to volts, amperes and watts. Pure.

In: words, the full scale, the resistor. Out: ticks and values. Never: input, output, a clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.decoding import signed
from drivers.errors import InvalidData
from drivers.ina219 import registers
from drivers.power_monitor import Words, quantities


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """One measurement in steps of the converter: bus in 4 mV, shunt in 10 microvolts."""

    bus: int
    shunt: int
    overflow: bool


def ticks(words: Words) -> Ticks:
    """Return the steps behind the words.

    Raises:
        InvalidData: a bus voltage that the converter does not reach.
    """
    bus = words.bus >> registers.PART.bus_shift
    if bus > registers.BUS_FULL_TICKS:
        raise InvalidData(registers.CHIP, "a bus voltage beyond the converter's 32 V: check wiring and power")
    overflow = bool((words.flags | words.bus) & registers.PART.overflow)
    return Ticks(bus=bus, shunt=signed(words.shunt, 16), overflow=overflow)


def values(sample: Ticks, *, range_mv: int, shunt_uohm: int) -> Mapping[str, int | None]:
    """Return the channels: at full scale the shunt voltage, and all that follows from it, is not available.

    An overflow that the chip flags takes current and power only.
    """
    saturated = abs(sample.shunt) >= range_mv * registers.SHUNT_TICKS_PER_MV
    found = quantities(
        shunt_nv=sample.shunt * registers.PART.shunt_nv,
        bus_uv=sample.bus * registers.PART.bus_uv,
        shunt_uohm=shunt_uohm,
    )
    useless = saturated or sample.overflow
    return {
        "bus_voltage": sample.bus * 4,
        "shunt_voltage": None if saturated else sample.shunt,
        "current": None if useless else found.current_ua,
        "power": None if useless else found.power_uw,
    }
