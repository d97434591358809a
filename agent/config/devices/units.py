"""The unit of a channel: one that SenML has, and not the one that only looks like what was meant.

In: a channel's table. Out: problems, with the unit that was probably meant. Never: a conversion.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from agent.tomlfile import Table, did_you_mean, quoted
from agent.wire.units import PRIMARY, SECONDARY

_UNITS: Final = PRIMARY | set(SECONDARY)
_MEANT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "°c": "Cel",
        "degc": "Cel",
        "deg c": "Cel",
        "celsius": "Cel",
        "centigrade": "Cel",
        "°": "deg",
        "degree": "deg",
        "degrees": "deg",
        "rh": "%RH",
        "mbar": "hPa",
        "lux": "lx",
        "volt": "V",
        "volts": "V",
        "amp": "A",
        "ampere": "A",
        "watt": "W",
        "watts": "W",
        "ohms": "Ohm",
        "ω": "Ohm",
        "dba": "dB",
        "db(a)": "dB",
        "kmh": "km/h",
        "kph": "km/h",
        "mm/hr": "mm/h",
        "counts": "count",
    }
)
"""What manuals write, in lower case, and SenML writes otherwise than a search for the nearest name would find."""
_PLAIN: Final = str.maketrans({"µ": "u", "μ": "u", "²": "2", "³": "3"})
_FAHRENHEIT: Final = frozenset({"°f", "degf", "deg f", "fahrenheit"})
_IN_CELSIUS: Final = 'SenML has degrees Celsius only: unit = "Cel", scale = "5/9", offset = "-160/9"'
_LOOKALIKES: Final = MappingProxyType({"C": "coulomb", "F": "farad"})


def check_unit(table: Table) -> None:
    """Report a unit that SenML does not have, and a temperature in coulombs or farads."""
    unit = table.text("unit")
    if unit is None:
        return
    if unit not in _UNITS:
        table.problem(
            "unit",
            "unknown-unit",
            f"SenML has no unit {quoted(unit)}",
            expected="one of the units of RFC 8428, section 12.1, and RFC 8798",
            found=quoted(unit),
            hint=_hint(unit),
        )
    elif unit in _LOOKALIKES and "temp" in f"{table.name} {table.text('title') or ''}".lower():
        table.problem(
            "unit",
            "wrong-unit",
            f"this is the {_LOOKALIKES[unit]}, and the channel seems to be a temperature",
            expected='"Cel" for degrees Celsius',
            found=quoted(unit),
            hint=_IN_CELSIUS if unit == "F" else None,
        )


def _hint(unit: str) -> str | None:
    written = unit.strip().translate(_PLAIN)
    if written.lower() in _FAHRENHEIT:
        return _IN_CELSIUS
    meant = _MEANT.get(written.lower(), written if written in _UNITS else None)
    return did_you_mean(unit, _UNITS) if meant is None else f"did you mean {quoted(meant)}?"
