"""The smallest rules of docs/wire-format.md: what a number, a text, a name, a place in a chain is."""

import re
from typing import Any

MAX = (1 << 63) - 1
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}\Z")


class Refused(Exception):
    """What the document says must not be used; the first argument is the document's name for the reason."""


def need(holds: object, reason: str = "MalformedPayload") -> None:
    """Refuse unless `holds`."""
    if not holds:
        raise Refused(reason)


def keys(value: object, required: set[int], optional: frozenset[int] = frozenset()) -> None:
    need(isinstance(value, dict) and all(type(key) is int for key in value))
    need(isinstance(value, dict) and required <= set(value) <= required | optional)


def uint(*values: object, least: int = 0, most: int = MAX) -> None:
    for value in values:
        need(type(value) is int and least <= value <= most)


def octets(value: object, size: int) -> None:
    need(isinstance(value, bytes) and len(value) == size)


def name(*values: object) -> None:
    for value in values:
        need(isinstance(value, str) and _NAME.match(value))


def text(*values: object) -> None:
    for value in values:
        need(isinstance(value, str) and len(value.encode()) <= 4096)


def items(value: object, least: int, most: int) -> None:
    need(isinstance(value, list) and least <= len(value) <= most)


def chain(fields: dict[int, Any]) -> None:
    uint(fields[0], least=1, most=1)
    octets(fields[1], 8)
    name(fields[2])
    uint(fields[3])
    need((fields[4] is None) == (fields[3] == 0))
    if fields[4] is not None:
        octets(fields[4], 32)


def data_chain(fields: dict[int, Any]) -> None:
    chain(fields)
    need(not fields[2].startswith("_"))


def content_chain(fields: dict[int, Any], stream: str) -> None:
    keys(fields, {0, 1, 2, 3, 4, 5})
    chain(fields)
    need(fields[2] == stream)
