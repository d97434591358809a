"""Which receipts are believed: signed by a configured receiver, about this unit, and not older than what was seen.

In: unverified bytes. Out: receipts, or `Untrusted`. Never: input, output, a clock.

A receiver's counter only grows inside its epoch, and its epochs grow; a later one ends the earlier ones for good, the
unit having seen them or not, so that an old receipt cannot delete what the receiver has lost since. The last receipt
of each stream may come again and again: it is retained. What was seen is kept across restarts by `export` and
`restore`.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from agent.wire import cose, payload
from agent.wire.cose import Verifier
from agent.wire.errors import MalformedPayload, UnknownKey, Untrusted
from agent.wire.fields import INT_MAX
from agent.wire.messages import Kind, Receipt

_LOG = logging.getLogger(__name__)
_VERSION: Final = 1
_STREAMS_KEPT: Final = 256
_DIGEST_BYTES: Final = 8


class OtherUnit(Untrusted):
    """A sound receipt for another unit."""


class Replayed(Untrusted):
    """A sound receipt that is older than what this receiver has said since."""


@dataclass(slots=True)
class _Seen:
    """What one receiver has said.

    Attributes:
        epoch: the present one, the greatest that was seen.
        last: counter and digest of the last receipt of each stream.
    """

    epoch: bytes
    last: dict[str, tuple[int, bytes]] = field(default_factory=dict)


class ReceiptVerifier:
    """Verifies receipts.

    Args:
        keys: the receivers that are believed, by key id.
        unit: this unit's id.
    """

    def __init__(self, keys: Mapping[bytes, Verifier], *, unit: str) -> None:
        self._keys = dict(keys)
        self._unit = unit
        self._seen: dict[tuple[bytes, bytes], _Seen] = {}

    def verify(self, unverified_data: bytes) -> Receipt:
        """Return the receipt in an envelope, and remember its counter.

        Raises:
            Untrusted: another signer, kind or unit, a signature that does not hold, or a receipt that was overtaken.
            MalformedPayload: signed, but not a receipt.
        """
        key = self._keys.get(cose.peek(unverified_data).kid)
        if key is None:
            raise UnknownKey("signed under a key that is no configured receiver's")
        data = cose.verify(unverified_data, key=key, kind=Kind.RECEIPT)
        receipt = payload.decode(Kind.RECEIPT, data)
        if not isinstance(receipt, Receipt):
            raise MalformedPayload("not a receipt")
        if receipt.unit != self._unit:
            raise OtherUnit("a receipt for another unit")
        self._admit((key.kid, receipt.receiver), receipt, sha256(data).digest()[:_DIGEST_BYTES])
        return receipt

    def _admit(self, who: tuple[bytes, bytes], receipt: Receipt, digest: bytes) -> None:
        """Refuse what was overtaken; the same receipt once more is no harm."""
        seen = self._seen.setdefault(who, _Seen(receipt.receiver_epoch))
        if receipt.receiver_epoch < seen.epoch:
            raise Replayed("a receipt from an epoch that its receiver has ended")
        if receipt.receiver_epoch > seen.epoch:
            seen.epoch, seen.last = receipt.receiver_epoch, {}
        counter, last = seen.last.get(receipt.stream, (-1, b""))
        if receipt.counter < counter or (receipt.counter == counter and digest != last):
            raise Replayed("a receipt that is older than one for the same stream")
        seen.last.pop(receipt.stream, None)
        seen.last[receipt.stream] = (receipt.counter, digest)
        while len(seen.last) > _STREAMS_KEPT:
            del seen.last[next(iter(seen.last))]

    def export(self) -> bytes:
        """Return what was seen, to be stored."""
        receivers = [
            {
                "key": kid.hex(),
                "receiver": receiver.hex(),
                "epoch": seen.epoch.hex(),
                "last": {stream: [counter, digest.hex()] for stream, (counter, digest) in seen.last.items()},
            }
            for (kid, receiver), seen in self._seen.items()
        ]
        return json.dumps({"version": _VERSION, "receivers": receivers}, separators=(",", ":")).encode()

    def restore(self, data: bytes | None) -> None:
        """Take over what `export` returned, None for nothing; what another version wrote is left alone.

        Of damaged bytes nothing is taken, which is told once.
        """
        if data is None:
            return
        try:
            self._seen |= _read(json.loads(data))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            _LOG.warning(
                "what was kept of the receipts that were seen is damaged and left out: until the city's next receipt "
                "of each stream an older one of the same receiver is believed again"
            )


def _read(stored: dict[str, Any]) -> dict[tuple[bytes, bytes], _Seen]:
    if stored.get("version") != _VERSION:
        return {}
    return {
        (bytes.fromhex(entry["key"]), bytes.fromhex(entry["receiver"])): _Seen(
            bytes.fromhex(entry["epoch"]), {stream: _last(*last) for stream, last in entry["last"].items()}
        )
        for entry in stored["receivers"]
    }


def _last(counter: object, digest: str) -> tuple[int, bytes]:
    if type(counter) is not int or not 0 <= counter <= INT_MAX:
        raise ValueError("not a counter")
    return counter, bytes.fromhex(digest)
