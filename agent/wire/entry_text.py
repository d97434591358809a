"""Entries of the disclosure log as plain objects for JSON, and back into the very same entries.

In: entries, or objects that JSON gave. Out: objects with the names of the entries' fields, or entries. Never: a field
that is left out or guessed: what comes back encodes to the bytes that the chain was made of, or is refused.

Bytes are hexadecimal, enumerations are their names in lower case, the rest is as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields as fields_of
from enum import IntEnum
from typing import Any, Final, NamedTuple

from agent.quality import Quality
from agent.wire.disclosure import encode_entry
from agent.wire.entries import Entry, Moment, StateEvent
from agent.wire.entry_layout import LAYOUTS
from agent.wire.errors import MalformedPayload
from agent.wire.messages import ClockQuality, GapReason, Kind
from agent.wire.orders import Order, Refusal, Role


class _Form(NamedTuple):
    write: Callable[[Any], object]
    read: Callable[[Any], object]


def _same(value: object) -> object:
    return value


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _unhex(text: str | None) -> bytes | None:
    if text is None:
        return None
    value = bytes.fromhex(text)
    if value.hex() != text:
        raise ValueError("not lower case hexadecimal")
    return value


def _named(kind: type[IntEnum]) -> _Form:
    names = {member.name.lower(): member for member in kind}
    return _Form(lambda value: value.name.lower(), lambda text: names[text])


def _write_at(at: Moment) -> object:
    if at.utc_ms is None:
        return {"clock": "unset", "boot": _hex(at.boot_id), "mono_ms": at.mono_ms}
    return {"clock": at.quality.name.lower(), "utc_ms": at.utc_ms}


def _read_at(value: Mapping[str, Any]) -> Moment:
    quality = ClockQuality[value["clock"].upper()]
    if quality is ClockQuality.UNSET:
        _expect(value, ("clock", "boot", "mono_ms"))
        return Moment(quality=quality, utc_ms=None, boot_id=_unhex(value["boot"]), mono_ms=value["mono_ms"])
    _expect(value, ("clock", "utc_ms"))
    return Moment(quality=quality, utc_ms=value["utc_ms"])


def _read_streams(value: list[Any]) -> object:
    return tuple((name, tuple(channels)) for name, channels in value)


_HEX: Final = _Form(_hex, _unhex)
_PLAIN: Final = _Form(_same, _same)
_FORMS: Final[Mapping[str, _Form]] = {
    "at": _Form(_write_at, _read_at),
    **dict.fromkeys(("epoch", "hash", "declaration", "receiver", "document", "before", "after"), _HEX),
    "kind": _Form(lambda kind: kind.value, Kind),
    "role": _Form(lambda role: role.value, Role),
    "reason": _named(GapReason),
    "code": _named(Quality),
    "order": _named(Order),
    "refusal": _named(Refusal),
    "event": _named(StateEvent),
    "sealed": _Form(_same, lambda value: None if value is None else tuple(value)),
    "streams": _Form(_same, _read_streams),
}
_KINDS: Final[Mapping[str, type[Entry]]] = {kind.__name__.removesuffix("Entry").lower(): kind for kind in LAYOUTS}


def _expect(value: Mapping[str, Any], names: tuple[str, ...]) -> None:
    if set(value) != set(names):
        raise ValueError("other fields than expected")


def name_of(entry: Entry) -> str:
    """Return what kind of entry it is: `envelope`, `receipt`, `lost`, ..."""
    return type(entry).__name__.removesuffix("Entry").lower()


def entry_object(entry: Entry) -> dict[str, object]:
    """Return the fields of an entry."""
    names = (field.name for field in fields_of(entry))
    return {name: _FORMS.get(name, _PLAIN).write(getattr(entry, name)) for name in names}


def object_bytes(kind: str, value: object) -> bytes:
    """Return the bytes of the entry whose fields `value` holds.

    Raises:
        MalformedPayload: it is none.
    """
    try:
        make: Callable[..., Entry] = _KINDS[kind]
        names = tuple(part.name for part in LAYOUTS[_KINDS[kind]])
        if not isinstance(value, Mapping):
            raise TypeError("not an object")  # noqa: TRY301 - one answer to everything that is none
        _expect(value, names)
        return encode_entry(make(**{name: _FORMS.get(name, _PLAIN).read(value[name]) for name in names}))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedPayload(f"not the fields of an entry of kind {kind!r}") from error
