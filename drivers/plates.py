"""The forms of licence plates that the tripwire knows. Pure.

In: a text without spaces around it. Out: whether all of it is a plate. Never: what was found.

The patterns are plates as seen on the road in the countries that they name; unverified, and not every country's. They
are kept narrow: a text that could be a checksum, a date, a value with its unit or a device's name is no plate.
"""

import re
from typing import Final

_PATTERNS: Final = (
    r"[A-Z]{2}[ -]?[0-9]{2}[ -]?[A-Z]{3}",  # United Kingdom
    r"[A-Z]{2}[ -]?[0-9]{3}[ -]?[A-Z]{2}",  # France, Italy, Argentina
    r"[A-Z]{3}[ -]?[0-9]{3,4}",  # states of the United States and of Australia, Sweden
    r"[A-Z]{3}[ -]?[0-9]{2}[A-Z]",  # Sweden
    r"[0-9]{4}[ -]?[B-DF-HJ-NP-TV-Z]{3}",  # Spain
    r"[0-9]{3}-[A-Z]{3}",  # states of the United States and of Australia
    r"[0-9][A-Z]{3}[0-9]{3}",  # California
    r"[A-Z]{3}[0-9][A-Z][0-9]{2}",  # Brazil
    r"[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[ -]?[0-9]{2,4}[EH]?",  # Germany
    r"[A-ZÄÖÜ]{1,3} [A-Z]{1,2} [0-9]{2,4}[EH]?",
    r"[A-Z]{1,2}[ -][0-9]{3,5} ?[A-Z]{1,3}",  # Austria
    r"(?=.{8}$)(?=.*[A-Z])(?=.*[0-9])(?:[A-Z]{1,3}|[0-9]{1,3})(?:-(?:[A-Z]{1,3}|[0-9]{1,3})){2}",  # Netherlands
    r"[0-9]{2,3}-[A-Z]{1,2}-[0-9]{3,6}",  # Ireland
    r"[A-Z]{2}[ -][0-9]{4,6}",  # Switzerland
    r"[A-Z]{2} [0-9]{2} [0-9]{3}",  # Denmark
    r"[A-Z]{2}[ -]?[0-9]{2}[ -]?[A-Z]{1,2}[ -]?[0-9]{4}",  # India
    r"[0-9][A-Z][0-9][ -][0-9]{4}",  # Czechia
    r"[A-Z]{2,3} (?=[A-Z]*[0-9][A-Z]*[0-9])[0-9A-Z]{4,5}",  # Poland
    r"[A-Z][0-9]{3}[A-Z]{2} ?[0-9]{2,3}",  # Russia
)
_PLATE: Final = re.compile("|".join(_PATTERNS))
_LETTERS: Final = re.compile("[A-ZÄÖÜ]+")
_SEPARATOR: Final = re.compile("[ -]")
_BEYOND_F: Final = re.compile("[G-ZÄÖÜ]")
_WORDS: Final = (
    "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC MON TUE WED THU FRI SAT SUN UTC GMT SEC MIN HRS",
    "PPM PPB RPM BPM CPM HPA KPA PSI DBM MHZ KHZ GHZ BPS KPH MPH LUX MSL VDC VAC MAH DEG PCT",
    "GPS GLO GAL BDS BEI QZS SBS RTK PPS PRN SVN WGS NAD UBX NEO MTK SRF ANT FIX SIM",
    "BME BMP SDS PMS SCD SHT CCS MAX ESP STM COM USB TTY SPI ADC DAC RAM ROM",
    "CRC ERR LOG MSG SEQ CNT VER REV SYS MEM HEX INT ID NO SN OK ER HW SW FW V",
)
_NO_PLATE: Final = frozenset(word for line in _WORDS for word in line.split())
"""Dates and times, units, words of satellite navigation, devices, and what devices say of themselves."""


def is_plate(text: str) -> bool:
    """Return whether a text is a licence plate; without a separator it needs a letter beyond F."""
    plate = text.upper()
    if _PLATE.fullmatch(plate) is None or not _NO_PLATE.isdisjoint(_LETTERS.findall(plate)):
        return False
    return _SEPARATOR.search(plate) is not None or _BEYOND_F.search(plate) is not None
