"""The forms of identifiers that the tripwire knows, plates aside. Pure; a look takes time in proportion to the text.

In: a text without spaces around it. Out: whether a form is in it. Never: what was found.

Sources:
    MAC: IEEE 802-2014, 8.1 (hyphens), and the spellings of Linux (colons), Cisco IOS (``0011.2233.4455``), Huawei
        (``0011-2233-4455``) and ProCurve (``001122-334455``).
    IP: RFC 4291, 2.2 for version 6; four decimal numbers for version 4.
    E-mail: RFC 5321, 4.5.3.1 (64 octets before the ``@``); quoted local parts and addresses without a dot in their
        domain are left out. ``%40`` is the ``@`` of a URL (RFC 6068).
    Phone: ITU-T E.164 (up to 15 digits, country codes do not begin with 0), E.123 (how they are written); North
        American numbers: area code and exchange begin with 2 to 9.
    Card: ISO/IEC 7812-1, the check digit of annex B (Luhn), 13 to 19 digits.
"""

import re
from typing import Final

_NOT_BEFORE: Final = r"(?<![0-9A-Za-z])"
_NOT_AFTER: Final = r"(?![0-9A-Za-z])"
_ENDS: Final = rf"{_NOT_AFTER}(?!\.[0-9])"
_FIRST_GROUP: Final = rf"{_NOT_BEFORE}(?<![0-9][ ./-])(?<!\.)"
"""Nothing before it goes on here: no letter, no digit, no other group of digits, no point."""
_SEPARATORS: Final = re.compile(r"[^0-9+]")

# -- what is a number, a time or a place

_DAY: Final = "(?:19|20)[0-9]{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12][0-9]|3[01])"
_HOUR: Final = "[0-2][0-9](?::?[0-5][0-9](?::?[0-6][0-9](?:[.,]?[0-9]+)?)?)?"
_HEIGHT: Final = r"[+-][0-9]+(?:\.[0-9]+)?(?:CRS[A-Z0-9_]+)?"
_ORDINARY: Final = re.compile(
    r"[+-]?[0-9]*\.[0-9]*(?:[eE][+-]?[0-9]+)?"  # a number with a point
    r"|[+-]?[0-9]+[eE][+-]?[0-9]+|-[0-9]+|[0-9]{1,9}"
    rf"|{_DAY}(?:[Tt ]?{_HOUR}(?:[Zz]|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)?)?"  # an ISO 8601 date, with a time or not
    rf"|[+-][0-9]{{2,6}}\.[0-9]+[+-][0-9]{{3,7}}\.[0-9]+(?:{_HEIGHT})?/?"  # an ISO 6709 position
    rf"|[+-][0-9]{{2,6}}[+-][0-9]{{3,7}}(?:{_HEIGHT})?/"
)


def is_ordinary(text: str) -> bool:
    """Return whether a text is a number, an ISO 8601 time or an ISO 6709 position, whatever else it looks like."""
    return _ORDINARY.fullmatch(text) is not None


# -- addresses of devices

_HEX: Final = "[0-9A-Fa-f]"
_PAIRS: Final = re.compile(rf"{_NOT_BEFORE}{_HEX}{{2}}([:. _-]){_HEX}{{2}}(?:\1{_HEX}{{2}})+{_NOT_AFTER}")
_PAIRS_LENGTHS: Final = frozenset({len("00:11:22:33:44:55"), len("00:11:22:33:44:55:66:77")})
_QUADS: Final = re.compile(
    rf"{_NOT_BEFORE}(?<!{_HEX}{{4}}[.-])(?<![0-9A-Fa-f:]:)"
    rf"{_HEX}{{4}}([.:-]){_HEX}{{4}}\1{_HEX}{{4}}{_NOT_AFTER}(?![.:-]{_HEX}|:)"
)
_HALVES: Final = re.compile(rf"{_NOT_BEFORE}{_HEX}{{6}}[:-]{_HEX}{{6}}{_NOT_AFTER}")
_BARE: Final = re.compile(rf"(?<!{_HEX}{{4}}-){_NOT_BEFORE}(?:0[xX])?({_HEX}{{12}}){_NOT_AFTER}")
_LETTER: Final = re.compile("[A-Fa-f]")
_EXPONENT: Final = re.compile("[0-9]+[eE][0-9]+")


def has_mac(text: str) -> bool:
    """Return whether a MAC address, or an EUI-64 with separators, is in a text."""
    for found in _PAIRS.finditer(text):
        if len(found[0]) in _PAIRS_LENGTHS and (found[1] in ":-" or _LETTER.search(found[0])):
            return True
    if any(found[1] == "." or _LETTER.search(found[0]) for found in _QUADS.finditer(text)):
        return True
    if any(_LETTER.search(found[0]) for found in _HALVES.finditer(text)):
        return True
    return any(_LETTER.search(found[1]) and not _EXPONENT.fullmatch(found[1]) for found in _BARE.finditer(text))


_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])"
_IPV4: Final = re.compile(rf"{_NOT_BEFORE}(?<![0-9]\.){_OCTET}(?:\.{_OCTET}){{3}}{_ENDS}")
_IPV6: Final = re.compile(r"(?<![0-9A-Za-z:.])[0-9A-Fa-f:]{4,39}(?![0-9A-Za-z:.])")
_GROUP: Final = re.compile(rf"{_HEX}{{1,4}}")
_GROUPS: Final = 8
_FEWEST_DIGITS: Final = 5
"""Of an address with ``::``, so that a time with a part missing (``12::30``) is none."""


def has_ip(text: str) -> bool:
    """Return whether an IP address of version 4 or 6 is in a text."""
    return _IPV4.search(text) is not None or any(_is_ipv6(found[0]) for found in _IPV6.finditer(text))


def _is_ipv6(text: str) -> bool:
    head, gap, tail = text.partition("::")
    groups = [group for side in (head, tail) if side for group in side.split(":")]
    if not all(map(_GROUP.fullmatch, groups)):
        return False
    if gap:
        return len(groups) < _GROUPS and sum(map(len, groups)) >= _FEWEST_DIGITS
    return len(groups) == _GROUPS


# -- addresses of people

_ATOM: Final = r"[^\s@<>,;:\"'()\[\]\\/=]{1,64}"
_LABEL: Final = "[0-9A-Za-z\x80-\U0010ffff_-]{1,63}"
_EMAIL: Final = re.compile(rf"{_ATOM}(?:@|%40)(?:{_LABEL}\.){{1,8}}[A-Za-z\x80-\U0010ffff]{_LABEL}")

_BETWEEN: Final = "[ ()./-]{0,2}"
_INTERNATIONAL: Final = re.compile(
    rf"{_FIRST_GROUP}(?:\+ ?\(?[1-9](?:{_BETWEEN}[0-9]){{8,14}}|00[ -]?[1-9](?:{_BETWEEN}[0-9]){{7,13}}){_ENDS}"
)
_NATIONAL: Final = re.compile(
    rf"{_FIRST_GROUP}\(?0\)? ?[1-9][0-9]{{0,4}}(?:\)?[ ./-]{{1,2}}\(?[0-9]{{2,8}}|\)[0-9]{{2,8}}){{1,5}}{_ENDS}"
    rf"|{_FIRST_GROUP}0[1-9][0-9]{{8,10}}{_ENDS}"
)
_NATIONAL_DIGITS: Final = range(9, 13)
_NORTH_AMERICAN: Final = re.compile(
    rf"{_FIRST_GROUP}(?:1[ .-]?)?(?:\([2-9][0-9]{{2}}\) ?|[2-9][0-9]{{2}}[ .-])"
    rf"[2-9][0-9]{{2}}[ .-][0-9]{{4}}{_ENDS}"
)
_DATE: Final = re.compile(r"[0-3]?[0-9]([./ -])[01]?[0-9]\1(?:19|20)[0-9]{2}")


def has_email(text: str) -> bool:
    """Return whether an e-mail address is in a text."""
    return ("@" in text or "%40" in text) and _EMAIL.search(text) is not None


def has_phone(text: str) -> bool:
    """Return whether a phone number is in a text, written so that it cannot be a number."""
    if any(_SEPARATORS.findall(found[0]) != ["."] for found in _INTERNATIONAL.finditer(text)):
        return True
    return _NORTH_AMERICAN.search(text) is not None or any(
        _is_national(found[0]) for found in _NATIONAL.finditer(text)
    )


def _is_national(text: str) -> bool:
    digits = sum(character.isdecimal() for character in text)
    return digits in _NATIONAL_DIGITS and _SEPARATORS.findall(text) != ["."] and not _DATE.match(text)


# -- numbers of cards

_CARD: Final = re.compile(
    r"(?<![0-9A-Za-z+.])(?<![0-9][ -])"
    r"(?:[1-9][0-9]{12,18}|[1-9][0-9]{3,5}([ .-])[0-9]{3,13}(?:\1[0-9]{1,6}){0,4})"
    rf"{_ENDS}"
)
_CARD_DIGITS: Final = range(13, 20)
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""Twice a digit, and the digits of that added up."""


def has_card(text: str) -> bool:
    """Return whether a card number whose check digit holds is in a text."""
    return any(_is_card(found[0]) for found in _CARD.finditer(text))


def _is_card(text: str) -> bool:
    digits = [int(character) for character in text if character.isdecimal()]
    if len(digits) not in _CARD_DIGITS or len(set(digits)) == 1 or _SEPARATORS.findall(text) == ["."]:
        return False
    return (sum(digits[-1::-2]) + sum(_DOUBLED[digit] for digit in digits[-2::-2])) % 10 == 0
