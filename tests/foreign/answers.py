"""The rules for control documents, acknowledgements and log heads, read once more from docs/wire-format.md."""

from typing import Any

from tests.foreign.primitives import MAX, content_chain, items, keys, name, need, octets, text, uint


def check_control(fields: dict[int, Any]) -> None:
    keys(fields, {0, 1, 2, 3, 5, 6, 7}, frozenset({4}))
    uint(fields[0], least=1, most=1)
    name(fields[1])
    uint(fields[2], fields[3], fields.get(4, 0))
    text(fields[5], fields[6])
    need(1 <= len(fields[5].encode()) <= 200 and len(fields[6].encode()) <= 1000)
    items(fields[7], 1, 256)
    for command in fields[7]:
        items(command, 3, 3)
        stream, order, until = command
        _stream_or_null(stream)
        uint(order, most=3)
        uint(0 if until is None else until)
        need(until is None or order == 3)
    need(len({(stream, order) for stream, order, _ in fields[7]}) == len(fields[7]))


def _stream_or_null(value: object) -> None:
    if value is not None:
        name(value)
        need(isinstance(value, str) and not value.startswith("_"))


def check_ack(fields: dict[int, Any]) -> None:
    content_chain(fields, "_ack")
    answer = fields[5]
    keys(answer, {0, 1, 2, 3, 4, 6}, frozenset({5}))
    name(answer[0])
    uint(answer[1])
    octets(answer[2], 32)
    items(answer[3], 0, 1024)
    for outcome in answer[3]:
        items(outcome, 6, 6)
        need(outcome[0] is not None)
        _stream_or_null(outcome[0])
        for value, most in zip(outcome[1:4], (3, 7, 2), strict=True):
            uint(value, most=most)
        octets(outcome[4], 8)
        uint(0 if outcome[5] is None else outcome[5])
    _told(answer, 4, 5)
    need(type(answer[6]) is bool)


def _told(fields: dict[int, Any], quality: int, utc: int) -> None:
    """Check a clock quality and the wall time that is there unless the clock is unset."""
    uint(fields[quality], most=2)
    uint(fields.get(utc, 0))
    need((utc in fields) == (fields[quality] != 2))


def check_log(fields: dict[int, Any]) -> None:
    content_chain(fields, "_log")
    head = fields[5]
    keys(head, {0, 1, 2, 3, 4, 5}, frozenset({6}))
    name(head[0])
    uint(head[1], most=MAX - 1)
    octets(head[2], 32)
    uint(head[3], least=1, most=head[1] + 1)
    octets(head[4], 32)
    need(head[3] <= head[1] or head[2] == head[4])
    _told(head, 5, 6)
