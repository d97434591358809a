"""Checks of single fields of a payload: a decoded object in, a typed value out, or `MalformedPayload`.

Booleans are no integers here, and no text says what was found: it may be a measured value.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Final, TypeVar

from agent.wire.errors import MalformedPayload

INT_MAX: Final = (1 << 63) - 1
INT_MIN: Final = -(1 << 63)
EXPONENT_MAX: Final = 18
GRID_MAX_M: Final = 10**6
MAX_TEXT_BYTES: Final = 4096
MAX_CODES: Final = 32
VERSION: Final = 1

_T = TypeVar("_T")
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}", re.ASCII)
_TOKEN: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_CODE: Final = re.compile(r"[!-~]{1,64}", re.ASCII)
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+", re.ASCII)
"""A scheme and something printable behind it (RFC 3986 section 3.1)."""
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def is_name(text: str) -> bool:
    """Return whether `text` can name a unit, stream, channel or sensor: 1 to 64 of letters, digits, ``_ . -``."""
    return _NAME.fullmatch(text) is not None


def keyed(value: object, what: str, *, required: Iterable[int], optional: Iterable[int] = ()) -> dict[int, object]:
    """Return `value` as a map that has every required key and none but the optional ones besides."""
    if type(value) is not dict:
        raise MalformedPayload(f"{what}: expected a map")
    needed = frozenset(required)
    if not all(type(key) is int for key in value):
        raise MalformedPayload(f"{what}: expected integer keys")
    if not needed <= value.keys():
        raise MalformedPayload(f"{what}: key {min(needed - value.keys())} is missing")
    if not value.keys() <= needed | frozenset(optional):
        raise MalformedPayload(f"{what}: has a key that is not known")
    return value


def optional(fields: Mapping[int, object], key: int, read: Callable[[object], _T]) -> _T | None:
    """Return what `read` makes of an optional field, None where it is absent."""
    return read(fields[key]) if key in fields else None


def given(fields: Mapping[int, object], key: int, read: Callable[[object], _T], default: _T) -> _T:
    """Return what `read` makes of an optional field, `default` where it is absent.

    A default that is written all the same is refused: one value has one form.
    """
    if key not in fields:
        return default
    value = read(fields[key])
    if value == default:
        raise MalformedPayload(f"key {key}: a value that is the default is left out")
    return value


def without_defaults(values: Mapping[int, tuple[object, object]]) -> dict[int, object]:
    """Return the values that differ from their defaults; each comes with its own."""
    return {key: value for key, (value, default) in values.items() if value != default}


def version(fields: Mapping[int, object], what: str) -> None:
    """Refuse every version but ours."""
    if type(fields[0]) is not int or fields[0] != VERSION:
        raise MalformedPayload(f"{what}: expected version {VERSION}")


def uint(value: object, what: str, *, least: int = 0, most: int = INT_MAX) -> int:
    """Return `value` as an integer within bounds."""
    if type(value) is not int:
        raise MalformedPayload(f"{what}: expected an integer")
    return bounded(value, what, least=least, most=most)


def bounded(value: int, what: str, *, least: int = 0, most: int = INT_MAX) -> int:
    """Return `value` if it is within bounds."""
    if not least <= value <= most:
        raise MalformedPayload(f"{what}: expected {least} to {most}")
    return value


def integer(value: object, what: str) -> int:
    """Return `value` as an integer of 64 bits with sign."""
    return uint(value, what, least=INT_MIN)


def octets(value: object, what: str, size: int) -> bytes:
    """Return `value` as a byte string of exactly `size` bytes."""
    if type(value) is not bytes:
        raise MalformedPayload(f"{what}: expected a byte string")
    return sized(value, what, size)


def sized(value: bytes, what: str, size: int) -> bytes:
    """Return `value` if it has exactly `size` bytes."""
    if len(value) != size:
        raise MalformedPayload(f"{what}: expected {size} bytes")
    return value


def text(value: object, what: str, *, least: int = 0, most: int = MAX_TEXT_BYTES) -> str:
    """Return `value` as text of `least` to `most` bytes in UTF-8."""
    if type(value) is not str:
        raise MalformedPayload(f"{what}: expected text")
    try:
        length = len(value) if value.isascii() else len(value.encode())
    except UnicodeEncodeError as error:
        raise MalformedPayload(f"{what}: has a character that UTF-8 has no form for") from error
    if not least <= length <= most:
        raise MalformedPayload(f"{what}: expected {least} to {most} bytes")
    return value


def name(value: object, what: str) -> str:
    """Return `value` as a name."""
    if type(value) is not str or not is_name(value):
        raise MalformedPayload(f"{what}: expected 1 to 64 of letters, digits, '_', '.', '-'")
    return value


def token(value: object, what: str) -> str:
    """Return `value` as a word of ours: lower case, digits, underscores, at most 32."""
    if type(value) is not str or not _TOKEN.fullmatch(value):
        raise MalformedPayload(f"{what}: expected a word in lower case")
    return value


def stream(value: object, what: str) -> str:
    """Return `value` as the name of a data stream: none of those that are reserved."""
    found = name(value, what)
    if found.startswith("_"):
        raise MalformedPayload(f"{what}: a name that begins with '_' is reserved")
    return found


def code(value: object, what: str) -> str:
    """Return `value` as a code of somebody else's list: 1 to 64 printable ASCII characters without a blank."""
    if type(value) is not str or not _CODE.fullmatch(value):
        raise MalformedPayload(f"{what}: expected 1 to 64 printable ASCII characters without a blank")
    return value


def codes(value: object, what: str) -> tuple[str, ...]:
    """Return `value` as at most `MAX_CODES` codes, each once."""
    found = tuple(code(item, what) for item in array(value, what, most=MAX_CODES))
    distinct(found, what)
    return found


def uri(value: object, what: str, *, most: int) -> str:
    """Return `value` as an absolute URI of at most `most` bytes."""
    found = text(value, what, most=most)
    if not _URI.fullmatch(found):
        raise MalformedPayload(f"{what}: expected an absolute URI")
    return found


def date(value: object, what: str) -> str:
    """Return `value` as a day of the calendar, ``YYYY-MM-DD``."""
    if type(value) is str and _DATE.fullmatch(value):
        try:
            dt.date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return value
    raise MalformedPayload(f"{what}: expected a day of the calendar, YYYY-MM-DD")


def boolean(value: object, what: str) -> bool:
    """Return `value` as a boolean."""
    if type(value) is not bool:
        raise MalformedPayload(f"{what}: expected true or false")
    return value


def array(value: object, what: str, *, least: int = 0, most: int) -> list[object]:
    """Return `value` as an array of a bounded length."""
    if type(value) is not list:
        raise MalformedPayload(f"{what}: expected an array")
    if not least <= len(value) <= most:
        raise MalformedPayload(f"{what}: expected {least} to {most} items")
    return value


def distinct(names: Iterable[str], what: str) -> None:
    """Refuse a name that occurs twice."""
    seen = list(names)
    if len(set(seen)) != len(seen):
        raise MalformedPayload(f"{what}: a name occurs twice")


def ascending(names: Iterable[str], what: str) -> None:
    """Refuse names that are not in strictly ascending order of their bytes."""
    seen = list(names)
    if any(first >= second for first, second in pairwise(seen)):
        raise MalformedPayload(f"{what}: expected ascending order, each name once")
