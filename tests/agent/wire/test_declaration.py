from typing import Any

import cbor2
import pytest

from agent.wire import payload
from agent.wire.declared import DECLARATIONS, DeclaredNoise, DeclaredStream
from agent.wire.errors import MalformedPayload
from agent.wire.messages import Kind
from tests.support import wire


def _noise(**changes: Any) -> DeclaredNoise:  # noqa: ANN401 - any field, to anything
    plain: dict[str, Any] = {"epsilon": (1, 2), "daily": (12, 1), "sensitivity": 1}
    return DeclaredNoise(**(plain | changes))


def _quiet(*hours: tuple[int, int]) -> DeclaredStream:
    return wire.stream(channels=(wire.channel("a", quiet=hours),))


_CASES = {
    "a stream twice": {"streams": (wire.stream(), wire.stream())},
    "a channel twice": {"streams": (wire.stream(channels=(wire.channel("a"), wire.channel("a"))),)},
    "a stream without channels": {"streams": (wire.stream(channels=()),)},
    "too many channels": {"streams": (wire.stream(channels=tuple(wire.channel(f"c{i}") for i in range(65))),)},
    "too many streams": {"streams": tuple(wire.stream(name=f"s{i}") for i in range(65))},
    "a reserved stream": {"streams": (wire.stream(name=DECLARATIONS),)},
    "an unknown sensitivity": {"streams": (wire.stream(channels=(wire.channel("a", sensitivity="public"),)),)},
    "a rule that is no word": {"streams": (wire.stream(channels=(wire.channel("a", rule="Mean!"),)),)},
    "resolution zero": {"streams": (wire.stream(channels=(wire.channel("a", resolution=0),)),)},
    "grid zero": {"streams": (wire.stream(channels=(wire.channel("a", grid_m=0),)),)},
    "k zero": {"streams": (wire.stream(suppress_below=0),)},
    "text too long": {"publisher": "x" * 4097},
    "text too long in UTF-8": {"publisher": "é" * 2049},
    "a unit's name with a space": {"unit": "corner 7"},
    "a short thumbprint": {"thumbprint": bytes(8)},
    "too many keywords": {"streams": (wire.stream(keywords=("x",) * 33),)},
    "an access level of another list": {"streams": (wire.stream(access="secret"),)},
    "retention negative": {"streams": (wire.stream(retention_ms=-1),)},
    "delay negative": {"streams": (wire.stream(delay_ms=-1),)},
    "noise of nothing": {"streams": (wire.stream(noise=_noise(epsilon=(0, 1))),)},
    "noise divided by nothing": {"streams": (wire.stream(noise=_noise(epsilon=(1, 0))),)},
    "noise with a negative budget": {"streams": (wire.stream(noise=_noise(daily=(-1, 1))),)},
    "noise without sensitivity": {"streams": (wire.stream(noise=_noise(sensitivity=0)),)},
    "a DTPR code with a blank": {"dtpr": ("a b",)},
    "a DTPR code twice": {"streams": (wire.stream(dtpr=("a", "a")),)},
    "too many DTPR codes": {"dtpr": tuple(f"c{i}" for i in range(33))},
    "a latitude beyond the pole": {"location": (9_000_001, 0, 500)},
    "a longitude beyond the date line": {"location": (0, -18_000_001, 500)},
    "a location without a grid": {"location": (0, 0, 0)},
    "a location on a grid as large as a continent": {"location": (0, 0, 10**6 + 1)},
    "a day that no calendar has": {"installed": "2025-02-29"},
    "a day in another notation": {"installed": "20250228"},
    "a day of a week": {"installed": "2025-W09-1"},
    "a day with a time": {"installed": "2025-02-28T12"},
    "a day without digits of ASCII": {"installed": "\uff12025-02-28"},
    "an empty day": {"installed": ""},
    "quiet hours without a time zone": {"streams": (_quiet((60, 120)),)},
    "a time zone without quiet hours": {"timezone": "UTC"},
    "quiet hours that begin tomorrow": {"streams": (_quiet((1440, 60)),), "timezone": "UTC"},
    "quiet hours that end tomorrow": {"streams": (_quiet((60, 1441)),), "timezone": "UTC"},
    "too many quiet hours": {"streams": (_quiet(*[(60, 120)] * 17),), "timezone": "UTC"},
    "a calibration on no day": {"streams": (wire.stream(channels=(wire.channel("a", calibrated="2025-13-01"),)),)},
    "a UCUM unit with a blank": {"streams": (wire.stream(channels=(wire.channel("a", ucum="m s"),)),)},
    "a UCUM unit that is too long": {"streams": (wire.stream(channels=(wire.channel("a", ucum="m" * 65),)),)},
    "a property that is no URI": {"streams": (wire.stream(channels=(wire.channel("a", property="air"),)),)},
    "a property that is too long": {
        "streams": (wire.stream(channels=(wire.channel("a", property="x:" + "y" * 1023),)),)
    },
    "a bin without room": {"streams": (wire.stream(channels=(wire.channel("a", bins=(5, 5)),)),)},
    "a bin backwards": {"streams": (wire.stream(channels=(wire.channel("a", bins=(5, 4)),)),)},
}


@pytest.mark.parametrize("changes", _CASES.values(), ids=_CASES.keys())
def test_encode_of_what_no_receiver_takes_refuses_it(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedPayload):
        payload.content_bytes(wire.content(**changes))


def test_decode_of_a_declaration_in_another_stream_refuses_it() -> None:
    fields = cbor2.loads(payload.encode(wire.declaration()))
    with pytest.raises(MalformedPayload, match="expected _declaration"):
        payload.decode(Kind.DECLARATION, cbor2.dumps(fields | {2: "corner-air"}))
    with pytest.raises(MalformedPayload, match="expected _declaration"):
        payload.encode(wire.declaration(stream="corner-air"))


def _content_fields() -> dict[int, Any]:
    return dict(cbor2.loads(payload.content_bytes(wire.full_content())))


def test_content_without_any_default_survives_and_uses_every_key_once() -> None:
    fields = _content_fields()
    assert payload.decode_content(cbor2.dumps(fields)) == wire.full_content()
    stream = fields[8][1]
    channels = [channel.keys() for channel in stream[9]]
    assert list(fields) == list(range(16))
    assert list(stream) == list(range(17))
    assert sorted(set().union(*channels)) == list(range(17))


def test_content_with_defaults_only_has_the_required_keys_only() -> None:
    fields = cbor2.loads(payload.content_bytes(wire.content(streams=(wire.stream(keywords=()),))))
    assert list(fields) == list(range(9))
    assert list(fields[8][0]) == list(range(10))
    assert list(fields[8][0][9][0]) == list(range(10))


_DEFAULTS: dict[str, dict[int, object]] = {
    "content": {11: "", 12: "", 13: "", 14: [], 15: ""},
    "stream": {10: [], 11: "", 12: 0, 13: 0, 16: []},
    "channel": {10: "", 11: "", 12: "unverified", 16: []},
}
_WRITTEN = [(where, key, value) for where, defaults in _DEFAULTS.items() for key, value in defaults.items()]


@pytest.mark.parametrize(("where", "key", "value"), _WRITTEN, ids=str)
def test_decode_of_a_default_that_is_written_refuses_it(where: str, key: int, value: object) -> None:
    fields = _content_fields()
    part = {"content": fields, "stream": fields[8][1], "channel": fields[8][1][9][0]}[where]
    part[key] = value
    with pytest.raises(MalformedPayload):
        payload.decode_content(cbor2.dumps(fields, canonical=True))


_OPTIONAL = [("content", key) for key in range(9, 15)] + [("stream", key) for key in range(10, 17)]
_OPTIONAL += [("channel", key) for key in range(10, 16) if key != 14]


@pytest.mark.parametrize(("where", "key"), _OPTIONAL, ids=str)
def test_decode_of_an_optional_field_that_is_null_refuses_it(where: str, key: int) -> None:
    fields = _content_fields()
    part = {"content": fields, "stream": fields[8][1], "channel": fields[8][1][9][0]}[where]
    part[key] = None
    with pytest.raises(MalformedPayload):
        payload.decode_content(cbor2.dumps(fields))


@pytest.mark.parametrize("where", ["content", "stream", "channel"])
def test_decode_of_content_with_an_unknown_key_refuses_it(where: str) -> None:
    fields = _content_fields()
    part = {"content": fields, "stream": fields[8][1], "channel": fields[8][1][9][0]}[where]
    part[23] = 0
    with pytest.raises(MalformedPayload, match="not known"):
        payload.decode_content(cbor2.dumps(fields))


@pytest.mark.parametrize("day", ["2024-02-29", "0001-01-01", "9999-12-31"])
def test_a_day_that_the_calendar_has_survives(day: str) -> None:
    content = wire.content(installed=day)
    assert payload.decode_content(payload.content_bytes(content)) == content


@pytest.mark.parametrize("corner", [(9_000_000, 18_000_000, 1), (-9_000_000, -18_000_000, 10**6)], ids=str)
def test_a_location_at_the_end_of_its_range_survives(corner: tuple[int, int, int]) -> None:
    content = wire.content(location=corner)
    assert payload.decode_content(payload.content_bytes(content)) == content
