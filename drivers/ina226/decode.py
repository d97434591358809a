"""Words of the INA226 to volts, amperes and watts. Pure.

In: words, the resistor. Out: ticks and values. Never: input, output, a clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.decoding import signed
from drivers.errors import InvalidData
from drivers.ina226 import registers
from drivers.power_monitor import Words, quantities


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """One measurement in steps of the converter: bus in 1.25 mV, shunt in 2.5 microvolts."""

    bus: int
    shunt: int
    overflow: bool


def ticks(words: Words) -> Ticks:
    """Return the steps behind the words.

    Raises:
        InvalidData: bit 15 of the bus voltage is set, which it never is.
    """
    if words.bus & 0x8000:
        raise InvalidData(registers.CHIP, "a negative bus voltage, which the chip cannot measure: check the wiring")
    overflow = bool(words.flags & registers.PART.overflow)
    return Ticks(bus=words.bus, shunt=signed(words.shunt, 16), overflow=overflow)


def values(sample: Ticks, *, shunt_uohm: int) -> Mapping[str, int | None]:
    """Return the channels: at full scale the shunt voltage, and all that follows from it, is not available.

    An overflow that the chip flags takes current and power only.
    """
    saturated = abs(sample.shunt) >= registers.SHUNT_FULL_TICKS
    found = quantities(
        shunt_nv=sample.shunt * registers.PART.shunt_nv,
        bus_uv=sample.bus * registers.PART.bus_uv,
        shunt_uohm=shunt_uohm,
    )
    useless = saturated or sample.overflow
    return {
        "bus_voltage": sample.bus * 125,
        "shunt_voltage": None if saturated else sample.shunt * 25,
        "current": None if useless else found.current_ua,
        "power": None if useless else found.power_uw,
    }
