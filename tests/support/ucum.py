"""Reads terms of UCUM, from its specification alone, to check the ones we write.

Symbols and their meanings are typed in from chapter 4 of The Unified Code for Units of Measure 2.2; sections 3 to 8
say how they are put together. Only what the units of SenML need is here.
"""

import re
from collections import Counter
from fractions import Fraction

Meaning = tuple[Fraction, dict[str, int]]
"""A factor, and the powers of the units that are not led back any further."""

_PREFIXES = {
    "Ki": Fraction(1024),
    "G": Fraction(10**9),
    "M": Fraction(10**6),
    "k": Fraction(1000),
    "h": Fraction(100),
    "d": Fraction(1, 10),
    "c": Fraction(1, 100),
    "m": Fraction(1, 1000),
    "u": Fraction(1, 10**6),
}
_ITSELF = frozenset(["m", "s", "g", "rad", "K", "C", "cd", "mol", "Cel", "deg", "[pH]", "B", "B[W]", "B[SPL]", "bit"])
"""Base units (4.2), and units of which it is enough to know that they are units: special ones, 10^23, pi, a count."""
_DEFINED = {
    "sr": "rad2",
    "Hz": "/s",
    "N": "kg.m/s2",
    "Pa": "N/m2",
    "J": "N.m",
    "W": "J/s",
    "A": "C/s",
    "V": "J/C",
    "F": "C/V",
    "Ohm": "V/A",
    "S": "/Ohm",
    "Wb": "V.s",
    "T": "Wb/m2",
    "H": "Wb/A",
    "lm": "cd.sr",
    "lx": "lm/m2",
    "Bq": "/s",
    "Gy": "J/kg",
    "Sv": "J/kg",
    "kat": "mol/s",
    "L": "dm3",
    "By": "8.bit",
    "min": "60.s",
    "h": "60.min",
    "%": "/100",
    "[ppth]": "/1000",
    "[ppm]": "/1000000",
    "[ppb]": "/1000000000",
    "[pptr]": "/1000000000000",
}
_NOT_METRIC = frozenset(["deg", "min", "h", "%", "[ppth]", "[ppm]", "[ppb]", "[pptr]", "[pH]"])


def meaning(term: str) -> Meaning:
    """Return what a term means.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(r"[!-~]+", term) or re.search(r"[./]$|[./]{2}|^\.", term):
        raise ValueError(term)
    factor, powers = Fraction(1), Counter[str]()
    for operator, component in re.findall(r"([./]?)((?:[^./{]|\{[^{}]*\})+)", term):
        part_factor, part_powers = _component(re.sub(r"\{[^{}]*\}$", "", component) or "1")
        sign = -1 if operator == "/" else 1
        factor *= part_factor**sign
        powers.update({name: power * sign for name, power in part_powers.items()})
    return factor, {name: power for name, power in powers.items() if power}


def _component(component: str) -> Meaning:
    if component.isdigit():
        return Fraction(component), {}
    found = re.fullmatch(r"(.*?[^0-9])([0-9]*)", component)
    if found is None:
        raise ValueError(component)
    factor, powers = _symbol(found[1])
    exponent = int(found[2] or 1)
    return factor**exponent, {name: power * exponent for name, power in powers.items()}


def _symbol(symbol: str) -> Meaning:
    if symbol in _ITSELF:
        return Fraction(1), {symbol: 1}
    if symbol in _DEFINED:
        return meaning(_DEFINED[symbol])
    for prefix, factor in _PREFIXES.items():
        atom = symbol.removeprefix(prefix)
        if atom != symbol and atom in _ITSELF | _DEFINED.keys() and atom not in _NOT_METRIC:
            inner, powers = _symbol(atom)
            return factor * inner, powers
    raise ValueError(symbol)
