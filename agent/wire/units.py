"""The units registry of SenML: symbols in, meanings out, and what each is called in UCUM.

Sources: RFC 8428 section 12.1 and RFC 8798 sections 2 and 3, the latter read in draft-ietf-core-senml-more-units of
2020-02-13 and compared with the list in RIOT's ``sys/include/senml.h``, from which the later IANA entries are taken
too. RFC 8428 advises against producing the ones in `DISCOURAGED`.

UCUM: The Unified Code for Units of Measure 2.2, sections 3 to 8 (how terms are written) and chapter 4 (the tables of
symbols), read in ``ucum.html`` and ``ucum-cs.units`` of github.com/ucum-org/ucum, commit 0a479cb3.
"""

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from agent.wire.errors import WireError

if TYPE_CHECKING:
    from fractions import Fraction

RFC_8428: Final = (
    "m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 l m/s m/s2 m3/s l/s W/m2 "
    "cd/m2 bit bit/s lat lon pH dB dBW Bspl count / % %RH %EL EL 1/s 1/min beat/min beats S/m"
)
RFC_8798: Final = "B VA VAs var vars J/m kg/m3 deg"
IANA_LATER: Final = "NTU"

PRIMARY: Final = frozenset(f"{RFC_8428} {RFC_8798} {IANA_LATER}".split())
DISCOURAGED: Final = frozenset({"g", "l", "l/s", "Bspl", "%", "1/min", "beat/min", "beats", "deg"})


class Scale(NamedTuple):
    """How a secondary unit follows from a primary one: value * numerator / denominator + offset."""

    primary: str
    numerator: int
    denominator: int = 1
    offset: int = 0


SECONDARY: Final = MappingProxyType(
    {
        "ms": Scale("s", 1, 1_000),
        "min": Scale("s", 60),
        "h": Scale("s", 3_600),
        "MHz": Scale("Hz", 1_000_000),
        "kW": Scale("W", 1_000),
        "kVA": Scale("VA", 1_000),
        "kvar": Scale("var", 1_000),
        "Ah": Scale("C", 3_600),
        "Wh": Scale("J", 3_600),
        "kWh": Scale("J", 3_600_000),
        "varh": Scale("vars", 3_600),
        "kvarh": Scale("vars", 3_600_000),
        "kVAh": Scale("VAs", 3_600_000),
        "Wh/km": Scale("J/m", 18, 5),
        "KiB": Scale("B", 1_024),
        "GB": Scale("B", 1_000_000_000),
        "Mbit/s": Scale("bit/s", 1_000_000),
        "B/s": Scale("bit/s", 8),
        "MB/s": Scale("bit/s", 8_000_000),
        "mV": Scale("V", 1, 1_000),
        "mA": Scale("A", 1, 1_000),
        "dBm": Scale("dBW", 1, 1, -30),
        "ug/m3": Scale("kg/m3", 1, 1_000_000_000),
        "mm/h": Scale("m/s", 1, 3_600_000),
        "m/h": Scale("m/s", 1, 3_600),
        "ppm": Scale("/", 1, 1_000_000),
        "/100": Scale("/", 1, 100),
        "/1000": Scale("/", 1, 1_000),
        "hPa": Scale("Pa", 100),
        "mm": Scale("m", 1, 1_000),
        "cm": Scale("m", 1, 100),
        "km": Scale("m", 1_000),
        "km/h": Scale("m/s", 5, 18),
        # registered later
        "ppb": Scale("/", 1, 1_000_000_000),
        "ppt": Scale("/", 1, 1_000_000_000_000),
        "VAh": Scale("VAs", 3_600),
        "mg/l": Scale("kg/m3", 1, 1_000),
        "ug/l": Scale("kg/m3", 1, 1_000_000),
        "g/l": Scale("kg/m3", 1),
    }
)

_LIKE_UCUM: Final = (
    "m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 m/s m/s2 m3/s W/m2 cd/m2 "
    "bit bit/s dB % S/m J/m kg/m3 deg ms min h MHz kW Mbit/s mV mA ug/m3 mm/h m/h hPa mm cm km km/h"
)
_SAME_IN_UCUM: Final = frozenset(_LIKE_UCUM.split())
_OTHER_IN_UCUM: Final = MappingProxyType(
    {
        "l": "L",
        "l/s": "L/s",
        "mg/l": "mg/L",
        "ug/l": "ug/L",
        "g/l": "g/L",
        "lat": "deg",
        "lon": "deg",
        "pH": "[pH]",
        "dBW": "dB[W]",
        "Bspl": "B[SPL]",
        "count": "{count}",
        "beats": "{beat}",
        "beat/min": "{beat}/min",
        "/": "1",
        "/100": "%",
        "/1000": "[ppth]",
        "ppm": "[ppm]",
        "ppb": "[ppb]",
        "ppt": "[pptr]",
        "%RH": "%",
        "%EL": "%",
        "EL": "s",
        "1/s": "/s",
        "1/min": "/min",
        "B": "By",
        "KiB": "KiBy",
        "GB": "GBy",
        "B/s": "By/s",
        "MB/s": "MBy/s",
        "VA": "V.A",
        "VAs": "V.A.s",
        "kVA": "kV.A",
        "VAh": "V.A.h",
        "kVAh": "kV.A.h",
        "Ah": "A.h",
        "Wh": "W.h",
        "kWh": "kW.h",
        "Wh/km": "W.h/km",
    }
)
"""What UCUM writes otherwise. An annotation in braces counts as one (section 6): it says what is counted.

UCUM has no bel milliwatt (dBm), no var and no nephelometric unit.
"""


def is_unit(symbol: str) -> bool:
    """Return whether `symbol` is registered, as a primary or a secondary unit."""
    return symbol in PRIMARY or symbol in SECONDARY


def ucum(symbol: str) -> str:
    """Return the UCUM code of a registered unit, empty where UCUM has none.

    Raises:
        WireError: it is not registered.
    """
    _scale(symbol)
    return symbol if symbol in _SAME_IN_UCUM else _OTHER_IN_UCUM.get(symbol, "")


def primary_unit(symbol: str) -> str:
    """Return the primary unit that `symbol` is or is derived from: two symbols that agree here can be compared.

    Raises:
        WireError: it is not registered.
    """
    return _scale(symbol).primary


def to_primary(value: "int | Fraction", symbol: str) -> "Fraction":
    """Return a value given in `symbol` in its primary unit, exactly.

    Raises:
        WireError: it is not registered.
    """
    from fractions import Fraction  # noqa: PLC0415 - only the receiver converts; the agent need not load it

    scale = _scale(symbol)
    return value * Fraction(scale.numerator, scale.denominator) + scale.offset


def _scale(symbol: str) -> Scale:
    if symbol in PRIMARY:
        return Scale(symbol, 1)
    if symbol not in SECONDARY:
        raise WireError(f"{symbol!r} is not a unit of the SenML registry")
    return SECONDARY[symbol]
