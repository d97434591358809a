"""Identifiers of nobody, in the spellings that people and devices use: what the tripwire must know.

In: a source of randomness. Out: MAC and IP addresses, e-mail addresses, phone and card numbers, plates. Never: a real
one on purpose; domains are those of RFC 2606 and RFC 6761.
"""

import ipaddress
import random
from collections.abc import Callable, Mapping
from typing import Any

from drivers.tripwire import Kind

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BEYOND_F = _LETTERS[6:]
_CONSONANTS = "BCDFGHJKLMNPRSTVWXYZ"
_DIGITS = "0123456789"


def _pick(chance: random.Random, alphabet: str, count: int) -> str:
    return "".join(chance.choices(alphabet, k=count))


def _number(chance: random.Random, count: int) -> str:
    """Return digits of which the first is not 0."""
    return _pick(chance, _DIGITS[1:], 1) + _pick(chance, _DIGITS, count - 1)


# -- devices


def address(chance: random.Random) -> bytes:
    """Return six bytes, in which a hexadecimal letter comes first."""
    return bytes([chance.randrange(0xA0, 0xFF), *chance.randbytes(5)])


MACS: Mapping[str, Callable[[bytes], str]] = {
    "colons": lambda raw: raw.hex(":"),
    "COLONS": lambda raw: raw.hex(":").upper(),
    "hyphens": lambda raw: raw.hex("-"),
    "HYPHENS": lambda raw: raw.hex("-").upper(),
    "cisco": lambda raw: raw.hex(".", 2),
    "huawei": lambda raw: raw.hex("-", 2),
    "procurve": lambda raw: raw.hex("-", 3),
    "spaces": lambda raw: raw.hex(" "),
    "underscores": lambda raw: raw.hex("_"),
    "nothing": lambda raw: raw.hex(),
    "NOTHING": lambda raw: raw.hex().upper(),
    "number": lambda raw: f"0x{raw.hex()}",
}
"""Spellings of a MAC address, by name."""


def eui64(chance: random.Random) -> str:
    """Return an EUI-64."""
    raw = address(chance)
    return (raw[:3] + b"\xff\xfe" + raw[3:]).hex(":")


def ipv4(chance: random.Random) -> str:
    """Return an IPv4 address, some with a port or a network's length."""
    return str(ipaddress.IPv4Address(chance.randrange(1 << 32))) + chance.choice(["", ":8080", "/24"])


def ipv6(chance: random.Random) -> str:
    """Return an IPv6 address in one of the spellings of RFC 4291, section 2.2."""
    groups = [chance.randrange(1 << 16) for _ in range(8)]
    first = chance.randrange(1, 7)
    groups[first : first + chance.randrange(3)] = [0] * min(2, 8 - first)
    found = ipaddress.IPv6Address(int.from_bytes(b"".join(group.to_bytes(2, "big") for group in groups[:8]), "big"))
    text = chance.choice([found.compressed, found.exploded, found.compressed.upper()])
    return chance.choice([text, f"[{text}]:443", f"{text}/64", f"{text}%eth0", f"::ffff:{ipv4(chance)}"])


# -- people


def email(chance: random.Random) -> str:
    """Return an e-mail address."""
    local = _pick(chance, "abcdefghijklmnopqrstuvwxyz", chance.randrange(1, 9))
    local += chance.choice(["", ".", "+", "_", "-"]) + _pick(chance, "abcdefghij0123456789", chance.randrange(1, 6))
    domain = _pick(chance, "abcdefghijklmnopqrstuvwxyz0123456789", chance.randrange(1, 9))
    return f"{local}@{chance.choice(['', 'mail.', 'a-b.'])}{domain}.{chance.choice(['example', 'test', 'invalid'])}"


EMAILS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "capitals": str.upper,
    "in brackets": lambda text: f"Somebody <{text}>",
    "as an address": lambda text: f"mailto:{text}",
    "in a URL": lambda text: text.replace("@", "%40"),
}
"""Spellings of an e-mail address, by name."""

PHONES: Mapping[str, Callable[[random.Random], str]] = {
    "E.164": lambda chance: f"+{_number(chance, chance.randrange(9, 16))}",
    "E.123": lambda chance: f"+43 {_number(chance, 3)} {_number(chance, 7)}",
    "E.123 with hyphens": lambda chance: f"+49-{_number(chance, 2)}-{_number(chance, 3)}-{_number(chance, 4)}",
    "trunk in brackets": lambda chance: f"+44 (0){_number(chance, 2)} {_number(chance, 4)} {_number(chance, 4)}",
    "as an address": lambda chance: f"tel:+1-{_number(chance, 3)}-{_number(chance, 3)}-{_number(chance, 4)}",
    "00 for +": lambda chance: f"0043{_number(chance, chance.randrange(8, 11))}",
    "00 with spaces": lambda chance: f"0033 {_number(chance, 1)} {_number(chance, 2)} {_number(chance, 2)} 44 55",
    "mobile": lambda chance: f"0{_number(chance, chance.randrange(9, 12))}",
    "mobile with a space": lambda chance: f"0{_number(chance, 3)} {_number(chance, 7)}",
    "with a slash": lambda chance: f"0{_number(chance, 3)}/{_number(chance, 6)}",
    "in pairs": lambda chance: f"0{_number(chance, 1)} {_number(chance, 2)} {_number(chance, 2)} 33 44",
    "in pairs with points": lambda chance: f"0{_number(chance, 1)}.{_number(chance, 2)}.{_number(chance, 2)}.33.44",
    "area in brackets": lambda chance: f"(0{_number(chance, 2)}) {_number(chance, 7)}",
    "North American": lambda chance: (
        f"(2{_pick(chance, _DIGITS, 2)}) 5{_pick(chance, _DIGITS, 2)}-{_number(chance, 4)}"
    ),
    "North American with hyphens": lambda chance: f"1-8{_pick(chance, _DIGITS, 2)}-555-{_number(chance, 4)}",
    "North American with points": lambda chance: f"9{_pick(chance, _DIGITS, 2)}.555.{_number(chance, 4)}",
}
"""Makers of phone numbers, by the name of the spelling."""


def luhn(digits: str) -> str:
    """Return digits with the check digit of ISO/IEC 7812-1 behind them; written without a look at the tripwire."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        doubled = int(character) * 2 if place % 2 == 0 else int(character)
        total += doubled - 9 if doubled > 9 else doubled
    return digits + str(-total % 10)


def _undated(count: int) -> Callable[[random.Random], str]:
    """Return a maker of card numbers that cannot be a date and time, which begin with 19 or 20."""
    return lambda chance: luhn(chance.choice("3456789") + _pick(chance, _DIGITS, count - 2))


CARDS: Mapping[str, Callable[[random.Random], str]] = {
    **{f"{count} digits": _undated(count) for count in range(13, 20)},
    "groups of four": lambda chance: _grouped(luhn("4" + _pick(chance, _DIGITS, 14)), (4, 4, 4, 4), " "),
    "groups with hyphens": lambda chance: _grouped(luhn("5" + _pick(chance, _DIGITS, 14)), (4, 4, 4, 4), "-"),
    "four, six, five": lambda chance: _grouped(luhn("37" + _pick(chance, _DIGITS, 12)), (4, 6, 5), " "),
    "four, six, four": lambda chance: _grouped(luhn("30" + _pick(chance, _DIGITS, 11)), (4, 6, 4), " "),
    "nineteen in groups": lambda chance: _grouped(luhn("62" + _pick(chance, _DIGITS, 16)), (4, 4, 4, 4, 3), " "),
}
"""Makers of card numbers, by the name of the spelling."""


def _grouped(digits: str, sizes: tuple[int, ...], separator: str) -> str:
    rest = iter(digits)
    return separator.join("".join(next(rest) for _ in range(size)) for size in sizes)


def _plate(chance: random.Random, form: str) -> str:
    """Return a plate: A is a letter, G one beyond F, C a consonant, 9 a digit; the rest is itself."""
    alphabets = {"A": _LETTERS, "G": _BEYOND_F, "C": _CONSONANTS, "9": _DIGITS}
    return "".join(chance.choice(alphabets.get(place, place)) for place in form)


PLATES = (
    *("GA99 AAA", "GA99AAA", "GA-999-AA", "GA999AA", "GAA-9999", "GAA999", "GAA 99A", "9999 CCC", "999-AAA"),
    *("9GAA999", "GAA9A99", "G-AA 999", "G AA 999", "GA-99999A", "9-AAA-99", "99-AA-99", "AA-99-AA", "999-A-99999"),
    *("GA 99999", "GA 99 999", "GA 99 AA 9999", "9A9 9999", "GA 9999A", "A999GA 77", "GAA 999"),
)
"""Forms of plates; see `plate`."""


def plate(chance: random.Random, form: str) -> str:
    """Return a plate of a form whose letters say nothing else: no month, no unit, no device."""
    while True:
        found = _plate(chance, form)
        letters = "".join(character if character.isalpha() else " " for character in found).split()
        if not any(word in _SAYING_SOMETHING for word in letters):
            return found


_WORDS = (
    "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC MON TUE WED THU FRI SAT SUN UTC GMT SEC MIN HRS PPM PPB RPM BPM",
    "CPM HPA KPA PSI DBM MHZ KHZ GHZ BPS KPH MPH LUX MSL VDC VAC MAH DEG PCT GPS GLO GAL BDS BEI QZS SBS RTK PPS PRN",
    "SVN WGS NAD UBX NEO MTK SRF ANT FIX SIM BME BMP SDS PMS SCD SHT CCS MAX ESP STM COM USB TTY SPI ADC DAC RAM ROM",
    "CRC ERR LOG MSG SEQ CNT VER REV SYS MEM HEX INT ID NO SN OK ER HW SW FW V",
)
_SAYING_SOMETHING = frozenset(word for line in _WORDS for word in line.split())

Maker = Callable[[random.Random], str]


def _spelled(spell: Callable[[Any], str], make: Callable[[random.Random], Any]) -> Maker:
    return lambda chance: spell(make(chance))


def _of_form(form: str) -> Maker:
    return lambda chance: plate(chance, form)


MAKERS: Mapping[Kind, Mapping[str, Maker]] = {
    Kind.MAC: {**{name: _spelled(spell, address) for name, spell in MACS.items()}, "EUI-64": eui64},
    Kind.IP: {"version 4": ipv4, "version 6": ipv6},
    Kind.EMAIL: {name: _spelled(spell, email) for name, spell in EMAILS.items()},
    Kind.PHONE: PHONES,
    Kind.CARD: CARDS,
    Kind.PLATE: {form: _of_form(form) for form in PLATES},
}
"""Makers of identifiers, by kind and spelling."""
