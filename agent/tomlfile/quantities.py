"""Durations, sizes and distances as people write them: a whole number and a unit, in quotes.

In: text such as "10min". Out: integers in one base unit. Never: floats, a bare number whose unit must be guessed.
"""

import re
from collections.abc import Mapping
from typing import ClassVar, Final, Self

_DIGITS = 9
_LOOSE: Final = re.compile(r"\s*([0-9]{1,9})\s*([A-Za-z]*)\.?\s*")


class BadQuantity(ValueError):
    """Text that is not such a quantity.

    Attributes:
        hint: what it was probably meant to be, or None.
    """

    def __init__(self, text: str, *, hint: str | None) -> None:
        super().__init__(text)
        self.hint = hint


class Quantity(int):
    """An integer in a base unit, written as a number and a unit.

    Attributes:
        WHAT: what it is and an example, for messages.
        UNITS: unit as written to its size in the base unit, smallest first.
        ALIASES: what people write instead, in lower case, to the unit.
    """

    WHAT: ClassVar[str]
    UNITS: ClassVar[Mapping[str, int]]
    ALIASES: ClassVar[Mapping[str, str]]

    @classmethod
    def pattern(cls) -> str:
        """Return the regular expression of the written form."""
        return f"^[0-9]{{1,{_DIGITS}}}({'|'.join(cls.UNITS)})$"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the quantity.

        Raises:
            BadQuantity: `text` is not a whole number directly followed by one of the units.
        """
        match = re.fullmatch(cls.pattern()[1:-1], text, re.ASCII)
        if match is None:
            raise BadQuantity(text, hint=cls.repair(text))
        unit = match.group(1)
        return cls(int(text.removesuffix(unit)) * cls.UNITS[unit])

    @classmethod
    def repair(cls, text: str) -> str | None:
        """Return a sentence with the quantity that `text` was probably meant to be, or None."""
        match = _LOOSE.fullmatch(text)
        if match is None:
            return None
        unit = cls._unit(match.group(2))
        return None if unit is None else f'did you mean "{match.group(1)}{unit}"?'

    @classmethod
    def _unit(cls, written: str) -> str | None:
        exact = {unit.lower(): unit for unit in cls.UNITS}
        lower = written.lower()
        return cls.ALIASES.get(lower) or exact.get(lower)

    def written(self) -> str:
        """Return the shortest written form that means exactly this."""
        if self == 0:
            return f"0{self.ALIASES['']}"
        unit = max((unit for unit, factor in self.UNITS.items() if self % factor == 0), key=self.UNITS.__getitem__)
        return f"{self // self.UNITS[unit]}{unit}"


class Duration(Quantity):
    """Milliseconds, written "500ms", "60s", "10min", "1h" or "1d"."""

    WHAT = 'a duration in quotes: a whole number and ms, s, min, h or d, such as "60s" or "10min"'
    UNITS: ClassVar[Mapping[str, int]] = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
    ALIASES: ClassVar[Mapping[str, str]] = {
        "": "s",
        "sec": "s",
        "secs": "s",
        "second": "s",
        "seconds": "s",
        "m": "min",
        "mins": "min",
        "minute": "min",
        "minutes": "min",
        "hr": "h",
        "hrs": "h",
        "hour": "h",
        "hours": "h",
        "day": "d",
        "days": "d",
    }

    @property
    def seconds(self) -> float:
        """The same in seconds."""
        return self / 1000


class Size(Quantity):
    """Bytes, written "512B", "64kB", "256MB", "1GB", or in powers of 1024 "64KiB", "256MiB", "1GiB"."""

    WHAT = 'a size in quotes: a whole number and B, kB, MB, GB, KiB, MiB or GiB, such as "256MB"'
    UNITS: ClassVar[Mapping[str, int]] = {
        "B": 1,
        "kB": 10**3,
        "KiB": 2**10,
        "MB": 10**6,
        "MiB": 2**20,
        "GB": 10**9,
        "GiB": 2**30,
    }
    ALIASES: ClassVar[Mapping[str, str]] = {
        "": "B",
        "bytes": "B",
        "byte": "B",
        "k": "kB",
        "m": "MB",
        "mo": "MB",
        "g": "GB",
        "ki": "KiB",
        "mi": "MiB",
        "gi": "GiB",
    }


class Distance(Quantity):
    """Metres, written "500m" or "1km"."""

    WHAT = 'a distance in quotes: a whole number and m or km, such as "500m"'
    UNITS: ClassVar[Mapping[str, int]] = {"m": 1, "km": 1000}
    ALIASES: ClassVar[Mapping[str, str]] = {
        "": "m",
        "meter": "m",
        "metre": "m",
        "meters": "m",
        "metres": "m",
        "kilometer": "km",
        "kilometre": "km",
    }
