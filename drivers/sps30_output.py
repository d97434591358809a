"""What an SPS30 measures, over I2C and over a serial line alike: channels, options, numbers as quantities. Pure.

In: the ten numbers of one sample, as bits of IEEE 754 singles. Out: values. Never: input, output, a clock.

Source: Sensirion, SPS30 data sheet, version 2.0, June 2023: sections 1.1 (ranges, precision, start-up time), 4.3
(what is sent, in this order), 5.3.8 and 6.3.9 (product type).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from drivers.decoding import scaled_single
from drivers.errors import WrongChip
from drivers.reading import Channel

_SHEET = "between sensors (SPS30 data sheet 2.0, table 1)"
_POLLUTANT = "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/"
_QUDT = "http://qudt.org/vocab/quantitykind/"
_HUNDREDTHS = 100
_NANOMETRES = 1000
_PRODUCT_TYPE: Final = 0x0008_0000
"""Always "00080000"."""
WARM_UP_S: Final = 30
"""Typical start-up time, until a stable measurement: 30 s in the cleanest air, 8 s above 200 particles a cm3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a technician may set.

    Attributes:
        settle_s: seconds after the start in which no channel is available: the measurement is not stable yet.
    """

    settle_s: int = WARM_UP_S

    def __post_init__(self) -> None:
        """Refuse a time before the start.

        Raises:
            ValueError: it is negative.
        """
        if self.settle_s < 0:
            raise ValueError(f"settle_s must be 0 or more seconds, found {self.settle_s}")


def _mass(name: str, size: str, precision: str, address: str) -> Channel:
    return Channel(
        name=name,
        title=f"PM{size}",
        property=address,
        unit="ug/m3",
        exponent=-2,
        minimum=0,
        maximum=100_000,
        accuracy=f"{precision}, {_SHEET}",
    )


def _number(name: str, size: str, percent: int) -> Channel:
    # SenML has no unit for counts per volume, so the volume stands in the title.
    return Channel(
        name=name,
        title=f"Particles from 0.3 to {size} µm in 1 cm3 of air",
        property=f"{_QUDT}Count",
        unit="count",
        exponent=-2,
        minimum=0,
        maximum=300_000,
        accuracy=f"±{percent * 10} to 1000, ±{percent} % above, {_SHEET}",
    )


_FINE = "±(5 µg/m3 + 5 %) to 100 µg/m3, ±10 % above"
_COARSE = "±25 µg/m3 to 100 µg/m3, ±25 % above"
CHANNELS: Final = (
    _mass("pm1_0", "1.0", _FINE, f"{_POLLUTANT}6002"),
    _mass("pm2_5", "2.5", _FINE, f"{_POLLUTANT}6001"),
    _mass("pm4_0", "4.0", _COARSE, f"{_QUDT}MassConcentration"),
    _mass("pm10", "10", _COARSE, f"{_POLLUTANT}5"),
    _number("n0_5", "0.5", 10),
    _number("n1_0", "1.0", 10),
    _number("n2_5", "2.5", 10),
    _number("n4_0", "4.0", 25),
    _number("n10", "10", 25),
    Channel(
        name="typical_size",
        title="Typical diameter of the particles",
        property=f"{_QUDT}Diameter",
        unit="m",
        exponent=-9,
        minimum=0,
        maximum=10_000,
        accuracy="unverified: none is stated",
    ),
)
NAMES: Final = tuple(channel.name for channel in CHANNELS)


def ticks(bits: Sequence[int]) -> dict[str, int]:
    """Return the bits of the ten numbers by channel name."""
    return dict(zip(NAMES, bits, strict=True))


def values(bits: Sequence[int]) -> dict[str, int | None]:
    """Return the ten quantities in their channels' units; what is no number is not available."""
    factors = [_HUNDREDTHS] * (len(NAMES) - 1) + [_NANOMETRES]  # the size comes in µm
    return {name: scaled_single(each, factor) for name, each, factor in zip(NAMES, bits, factors, strict=True)}


def unavailable() -> dict[str, int | None]:
    """Return None for every channel."""
    return dict.fromkeys(NAMES)


def check_product(chip: str, text: str) -> None:
    """Raise unless a product type is that of an SPS30.

    Raises:
        WrongChip: it is another one.
    """
    try:
        found = int(text, 16)
    except ValueError:
        found = 0
    if found != _PRODUCT_TYPE:
        raise WrongChip(chip, expected=(_PRODUCT_TYPE,), found=found, hint="by its product type it is no SPS30")
