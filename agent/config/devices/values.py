"""Bytes and fractions as a device file writes them.

In: a table that was compared with its model. Out: bytes, fractions; or a problem at the key. Never: a float.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from agent.tomlfile import Table, quoted

_DIGITS: Final = 18
_LARGEST: Final = 10**_DIGITS


def content(table: Table, key: str) -> bytes | None:
    """Return the bytes under `key` or, as a text, under ``key_text``; None when neither is there, or one is wrong."""
    text = f"{key}_text"
    if key in table.written and text in table.written:
        table.problem(
            text,
            "twice",
            f"this says the same as {quoted(key)}",
            expected=f"one of {quoted(key)} (hexadecimal) and {quoted(text)}",
            hint="remove one of the two",
        )
        return None
    written = table.text(text)
    if written is not None:
        return text_bytes(table, text, written)
    plain = table.text(key)
    return None if plain is None else bytes.fromhex(plain)


def text_bytes(table: Table, key: str, text: str) -> bytes | None:
    """Return a text as bytes, one for each character; None after reporting one that no byte stands for."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        table.problem(
            key,
            "bad-text",
            "there is a character here that no single byte stands for",
            expected="characters of one byte; others as their bytes, in hexadecimal",
            found=quoted(text[error.start]),
        )
        return None


def required(table: Table, key: str) -> bytes | None:
    """Return the bytes under `key` or ``key_text``; one of the two must be there and must not be empty."""
    found = content(table, key)
    if not found and not {key, f"{key}_text"} & table.written:
        table.problem(
            None,
            "missing-key",
            f"here lacks the key {quoted(key)}",
            expected=f"{key} = bytes in hexadecimal, or {key}_text = a text",
            found="nothing",
        )
    return found or None


def fraction(table: Table, key: str, default: int) -> Fraction | None:
    """Return the number under `key`, `default` when it is not there, None after reporting that it is none."""
    if key not in table.written:
        return Fraction(default)
    value = table.values.get(key)
    found = _fraction(value)
    if found is None:
        table.problem(
            key,
            "bad-fraction",
            f"{quoted(key)} is no number",
            expected='a number such as 0.1, or a fraction in quotes such as "165/16383"',
            found=quoted(value),
        )
    return found


def _fraction(value: object) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    if isinstance(value, Decimal) and (not value.is_finite() or abs(value.adjusted()) > _DIGITS):
        return None
    try:
        found = Fraction(value)
    except (ValueError, ZeroDivisionError):
        return None
    return found if abs(found.numerator) <= _LARGEST and found.denominator <= _LARGEST else None
