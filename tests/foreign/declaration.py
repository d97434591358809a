"""The rules for declarations, read once more from docs/wire-format.md."""

import calendar
import re
from typing import Any

from tests.foreign.primitives import MAX, content_chain, items, keys, name, need, octets, text, uint

_CODE = re.compile(r"[!-~]{1,64}\Z")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+\Z")
_LOCATION = ((-9_000_000, -18_000_000, 1), (9_000_000, 18_000_000, 10**6))
"""Least and most of latitude, longitude and edge."""


def check_declaration(fields: dict[int, Any]) -> None:
    content_chain(fields, "_declaration")
    content = fields[5]
    keys(content, set(range(9)), frozenset(range(9, 16)))
    name(content[0])
    text(*(content[key] for key in range(1, 6)))
    octets(content[6], 32)
    need(type(content[7]) is bool)
    items(content[8], 0, 64)
    for stream in content[8]:
        _check_stream(stream)
    need(len({stream[0] for stream in content[8]}) == len(content[8]))
    if 9 in content:
        items(content[9], 3, 3)
        for value, least, most in zip(content[9], *_LOCATION, strict=True):
            uint(value, least=least, most=most)
    _days(content, 10)
    _prose(content, 11, 12, 13, 15)
    _codes(content, 14)
    need((15 in content) == any(16 in channel for stream in content[8] for channel in stream[9]))


def _days(fields: dict[int, Any], key: int) -> None:
    if key in fields:
        need(isinstance(fields[key], str) and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", fields[key], re.ASCII))
        year, month, day = map(int, fields[key].split("-"))
        need(year >= 1 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1])


def _prose(fields: dict[int, Any], *keys: int) -> None:
    """Check text whose default is to be empty, and then left out."""
    for key in keys:
        text(fields.get(key, "-"))
        need(fields.get(key) != "")


def _codes(fields: dict[int, Any], key: int) -> None:
    if key in fields:
        items(fields[key], 1, 32)
        need(all(isinstance(code, str) and _CODE.match(code) for code in fields[key]))
        need(len(set(fields[key])) == len(fields[key]))


def _check_stream(stream: Any) -> None:  # noqa: ANN401 - whatever was decoded
    keys(stream, set(range(10)), frozenset(range(10, 18)))
    name(stream[0])
    need(not stream[0].startswith("_"))
    text(*(stream[key] for key in (1, 2, 3, 4, 6)))
    need(stream[5] in ("public", "restricted public", "non-public"))
    uint(stream[7], least=1)
    uint(stream[8], least=1, most=4096)
    items(stream[9], 1, 64)
    for channel in stream[9]:
        _check_channel(channel)
    need(len({channel[0] for channel in stream[9]}) == len(stream[9]))
    items(stream.get(10, ["-"]), 1, 32)
    text(*stream.get(10, []))
    _prose(stream, 11)
    uint(*(stream.get(key, 1) for key in (12, 13, 14)), least=1)
    items(stream.get(15, [1] * 5), 5, 5)
    uint(*stream.get(15, []), least=1)
    _codes(stream, 16)
    items(stream.get(17, [1]), 1, 64)
    for alarm in stream.get(17, []):
        _check_alarm(alarm, stream)
    need(len({alarm[0] for alarm in stream.get(17, [])}) == len(stream.get(17, [])))


def _check_alarm(alarm: Any, stream: Any) -> None:  # noqa: ANN401 - whatever was decoded
    keys(alarm, set(range(5)), frozenset(range(5, 8)))
    name(alarm[0])
    uint(alarm[1], most=len(stream[9]) - 1)
    need(stream[9][alarm[1]][7] == "measurement" and 13 not in stream)
    uint(alarm[2], most=1)
    uint(alarm[3], alarm[4], least=-MAX - 1)
    need(alarm[4] <= alarm[3] if alarm[2] else alarm[4] >= alarm[3])
    uint(alarm.get(5, 1), least=1)
    _prose(alarm, 6)
    if 7 in alarm:
        items(alarm[7], 2, 2)
        uint(*alarm[7], least=1)
        need(alarm[7][0] < stream[7] and stream[7] % alarm[7][0] == 0)
        need(all(channel[7] == "measurement" for channel in stream[9]))


def _check_channel(channel: Any) -> None:  # noqa: ANN401 - whatever was decoded
    keys(channel, set(range(10)), frozenset(range(10, 17)))
    name(channel[0])
    text(channel[1], channel[8], channel[9])
    uint(channel[2], least=-18, most=18)
    uint(channel[3], channel.get(14, 1), least=1)
    uint(channel[4], channel[5], least=-MAX - 1)
    need(isinstance(channel[6], str) and re.match(r"[a-z][a-z0-9_]{0,31}\Z", channel[6]))
    need(channel[7] in {"measurement", "count", "identifier", "location"})
    need(10 not in channel or (isinstance(channel[10], str) and _CODE.match(channel[10])))
    need(11 not in channel or (isinstance(channel[11], str) and _URI.match(channel[11])))
    need(len(channel.get(11, "")) <= 1024)
    text(channel.get(12, ""))
    need(channel.get(12) != "unverified")
    _days(channel, 13)
    if 15 in channel:
        items(channel[15], 2, 2)
        uint(*channel[15], least=-MAX - 1)
        need(channel[15][0] < channel[15][1])
    items(channel.get(16, [1]), 1, 16)
    for hours in channel.get(16, []):
        items(hours, 2, 2)
        uint(hours[0], most=1439)
        uint(hours[1], most=1440)
