"""Every trust rule of the receiver in one place: unverified bytes in, a verified message out, or an error.

In: a topic, bytes, and the time they arrived. Out: `Verified`. Never: input, output, a clock, a guess.

A message is trusted when its topic has our form; its key is registered for the unit the topic names and valid now;
its type is one that the topic carries; the signature holds; the payload is what the wire format says; and what it
says about itself (unit, stream, simulation) agrees with the topic and the registry.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from agent.wire import cose, payload
from agent.wire.declared import Declaration
from agent.wire.errors import UnknownKey, Untrusted
from agent.wire.keyfile import VerifyKey
from agent.wire.messages import Alarm, Batch, Gap, Kind, Receipt, Status
from agent.wire.orders import Ack, Control, Log
from agent.wire.payload import Payload
from agent.wire.topics import Address, Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One line of the device registry.

    Attributes:
        unit: the unit's id.
        key: its public key; fixes the algorithm.
        valid_from_ms: the key is refused before, ms since 1970.
        valid_until_ms: and from then on.
        simulated: data of simulated sensors is accepted.
    """

    unit: str
    key: VerifyKey
    valid_from_ms: int
    valid_until_ms: int
    simulated: bool = False


class KeyNotValid(Untrusted):
    """The key is registered, but not for this time."""


class WrongPlace(Untrusted):
    """Signature and type hold, but topic, unit or stream do not belong together."""


class SimulatedData(Untrusted):
    """Simulated sensors are behind it, and the registry does not allow that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A message that may be believed.

    Attributes:
        unit: who signed it.
        kind: its type.
        payload: what it says.
        hash: SHA-256 of the envelope.
        data: the envelope.
    """

    unit: str
    kind: Kind
    payload: Payload
    hash: bytes
    data: bytes


_KINDS_OF: Mapping[Lane, frozenset[Kind]] = {
    Lane.LIVE: frozenset({Kind.BATCH, Kind.GAP}),
    Lane.BACKLOG: frozenset({Kind.BATCH, Kind.GAP}),
    Lane.DECLARATION: frozenset({Kind.DECLARATION}),
    Lane.STATUS: frozenset({Kind.STATUS}),
    Lane.ALARM: frozenset({Kind.ALARM}),
    Lane.ACK: frozenset({Kind.ACK}),
    Lane.LOG: frozenset({Kind.LOG}),
}


class TrustedDevices:
    """The devices that are believed, and the rules by which."""

    def __init__(self, devices: Mapping[str, Device]) -> None:
        """Take the registry: unit id to device."""
        self._by_kid = {device.key.kid: device for device in devices.values()}

    def verify(self, address: Address, data: bytes, *, now_ms: int) -> Verified:
        """Return the message in `data` if every rule holds.

        Args:
            address: the topic it arrived on.
            data: unverified bytes.
            now_ms: arrival, ms since 1970.

        Raises:
            WireError: it does not hold; the class says which rule, the text says it in words.
        """
        verified = self.verify_file(data, now_ms=now_ms)
        if verified.unit != address.unit:
            raise WrongPlace(f"signed by unit {verified.unit}, but sent on the topic of unit {address.unit}")
        if verified.kind not in _KINDS_OF.get(address.lane, frozenset()):
            raise WrongPlace(f"a message of type {verified.kind} does not belong on a {address.lane} topic")
        stream = getattr(verified.payload, "stream", None)
        if address.stream is not None and stream != address.stream:
            raise WrongPlace(f"it is about stream {stream}, but was sent on the topic of stream {address.stream}")
        return verified

    def verify_file(self, data: bytes, *, now_ms: int) -> Verified:
        """Return the message in `data` by every rule that needs no topic.

        Raises:
            WireError: it does not hold.
        """
        claim = cose.peek(data)
        device = self._device(claim.kid, now_ms)
        content = cose.verify(data, key=device.key, kind=claim.kind)
        message = payload.decode(claim.kind, content)
        self._check_content(device, message)
        return Verified(
            unit=device.unit, kind=claim.kind, payload=message, hash=hashlib.sha256(data).digest(), data=data
        )

    def _device(self, kid: bytes, now_ms: int) -> Device:
        device = self._by_kid.get(kid)
        if device is None:
            raise UnknownKey(f"no registered unit has a key with id {kid.hex()}; add the unit to the device registry")
        if not device.valid_from_ms <= now_ms < device.valid_until_ms:
            raise KeyNotValid(f"the key of unit {device.unit} is not valid now; look at its dates in the registry")
        return device

    @staticmethod
    def _check_content(device: Device, message: Payload) -> None:
        claimed, simulated = _told(message)
        if claimed is not None and claimed != device.unit:
            raise WrongPlace(f"signed by unit {device.unit}, but what it says is about unit {claimed}")
        if simulated and not device.simulated:
            raise SimulatedData(
                f"unit {device.unit} sends data of simulated sensors; set simulated = true in its registry entry "
                "if that is wanted"
            )


def _told(message: Payload) -> tuple[str | None, bool]:
    """Return the unit that a message claims, where it claims one, and whether it says that it is simulated."""
    match message:
        case Batch() | Gap() | Alarm():
            return None, message.simulated
        case Status():
            return message.unit, message.simulated
        case Declaration() | Ack():
            return message.content.unit, message.content.simulated
        case Log():
            return message.content.unit, False
        case Receipt() | Control():
            raise WrongPlace("this type of message is not sent by units")
