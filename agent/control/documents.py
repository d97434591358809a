"""Which control documents are believed: of the right form, signed by a city key, for this unit. Pure.

In: unverified bytes. Out: documents with the role of their key, or `Untrusted`. Never: whether they are obeyed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent.control.errors import OtherUnit
from agent.wire import cose, payload
from agent.wire.cose import Verifier
from agent.wire.errors import MalformedPayload, NotAnEnvelope, UnknownKey
from agent.wire.messages import Kind
from agent.wire.orders import Control, Role

MAX_DOCUMENT_BYTES: Final = 32_768
"""Longer ones are not looked at."""


@dataclass(frozen=True, slots=True)
class ControlKey:
    """A city key, and what the unit's configuration says it is for."""

    key: Verifier
    role: Role


@dataclass(frozen=True, slots=True)
class Document:
    """A document that may be believed.

    Attributes:
        control: what it says.
        role: of the key that signed it.
        digest: SHA-256 of its envelope.
        local: it came from a file at the unit.
    """

    control: Control
    role: Role
    digest: bytes
    local: bool


def verify(unverified_data: bytes, keys: Mapping[bytes, ControlKey], *, unit: str, local: bool = False) -> Document:
    """Return the document in an envelope.

    Raises:
        Untrusted: too long, of another form, kind, key or unit, or with a signature that does not hold.
        MalformedPayload: signed, but not a control document.
    """
    if len(unverified_data) > MAX_DOCUMENT_BYTES:
        raise NotAnEnvelope(f"a control document is at most {MAX_DOCUMENT_BYTES} bytes long")
    known = keys.get(cose.peek(unverified_data).kid)
    if known is None:
        raise UnknownKey("signed under a key that is not in [control] keys")
    data = cose.verify(unverified_data, key=known.key, kind=Kind.CONTROL)
    control = payload.decode(Kind.CONTROL, data)
    if not isinstance(control, Control):
        raise MalformedPayload("not a control document")
    if control.unit != unit:
        raise OtherUnit("a control document for another unit")
    return Document(control, known.role, cose.envelope_hash(unverified_data), local)
