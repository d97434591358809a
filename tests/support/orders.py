# ruff: noqa: ANN401 - a test may change any field of a document to anything
"""The city's keys, control documents and a unit's clocks for tests of control."""

from collections.abc import Mapping
from typing import Any

from agent.control.documents import ControlKey, Document
from agent.control.judgement import Now
from agent.control.record import ControlState
from agent.control.rules import Controller, Decision
from agent.wire import cose, payload
from agent.wire.cose import Signer
from agent.wire.messages import ClockQuality, Kind
from agent.wire.orders import Command, Control, Order, Role
from tests.support.wire import signing_key

UNIT = "corner-7"
STREAMS = ("air", "footfall")
NOW_MS = 1_790_000_000_000
KEYS = {role: signing_key(bytes([number]) * 32) for number, role in enumerate(Role, start=1)}
STRANGER = signing_key(bytes([99]) * 32)
BELIEVED: Mapping[bytes, ControlKey] = {key.kid: ControlKey(key.public, role) for role, key in KEYS.items()}
"""What a unit's configuration says about the keys."""


def control(*commands: Command | Order, **changes: Any) -> Control:
    """Return a control document; an order alone is for stream ``air``."""
    given = [Command(stream="air", order=entry) if isinstance(entry, Order) else entry for entry in commands]
    plain: dict[str, Any] = {
        "unit": UNIT,
        "version": 1,
        "issued_ms": NOW_MS - 1000,
        "expires_ms": None,
        "reference": "2026-114",
        "authority": "Privacy officer, Local Law 1",
        "commands": tuple(given),
    }
    return Control(**(plain | changes))


def signed(content: Control, *, role: Role = Role.PRIVACY, key: Signer | None = None) -> bytes:
    """Return the envelope of a control document."""
    return cose.sign(payload.encode(content), kind=Kind.CONTROL, signer=key or KEYS[role])


def ordered(*commands: Command | Order, role: Role = Role.PRIVACY, **changes: Any) -> bytes:
    """Return a signed control document."""
    return signed(control(*commands, **changes), role=role)


def believed(*commands: Command | Order, role: Role = Role.PRIVACY, **changes: Any) -> Document:
    """Return a control document after its verification."""
    content = control(*commands, **changes)
    return Document(content, role, cose.envelope_hash(signed(content, role=role)), local=False)


def clocks(**changes: Any) -> Now:
    """Return a synchronised clock."""
    plain: dict[str, Any] = {"quality": ClockQuality.SYNCHRONISED, "utc_ms": NOW_MS, "mono_ms": 1_000_000}
    return Now(**(plain | changes))


NOW = clocks()
UNSET = clocks(quality=ClockQuality.UNSET, utc_ms=None)


def everywhere(order: Order, until_ms: int | None = None) -> Command:
    """Return an order for every stream."""
    return Command(stream=None, order=order, until_ms=until_ms)


def controller(state: ControlState | None = None) -> Controller:
    """Return a controller whose every stream runs."""
    return Controller(BELIEVED, unit=UNIT, state=state or ControlState(unit=UNIT))


def obey(desk: Controller, data: bytes, *, now: Now = NOW, written: bool = True) -> Decision:
    """Let a controller take a document as a unit does."""
    return desk.settle(desk.take(data, now=now, streams=STREAMS), written=written)
