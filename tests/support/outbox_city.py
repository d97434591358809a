"""A receiver for the outbox's model: keeps what arrives, signs receipts, and can be restored from an older copy.

In: envelopes. Out: signed receipts, in the form and with the counters of `receiver`. Never: a receipt for what it
does not have: of each chain it receipts the contiguous prefix, past the seqs that a gap record names.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from agent.wire import cose, payload
from agent.wire.keyfile import SigningKey
from agent.wire.messages import Kind, Receipt
from tests.support.outbox import RECEIVER, UNIT
from tests.support.outbox_model import said_in

Chains = dict[tuple[bytes, str], dict[int, bytes]]


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A receipt that was signed: what it says, and its bytes."""

    receipt: Receipt
    data: bytes


@dataclass
class ModelCity:
    """One receiver.

    Attributes:
        key: signs.
        lives: how often it was restored; tells its receiver epoch.
        chains: what it has, by epoch and stream, then seq.
        issued: every receipt it ever signed, in order.
        holes: seqs that it has asked for in vain and passes over, by epoch and stream.
    """

    key: SigningKey
    lives: int = 0
    counter: int = 0
    chains: Chains = field(default_factory=dict)
    issued: list[Issued] = field(default_factory=list)
    holes: dict[tuple[bytes, str], set[int]] = field(default_factory=dict)

    @property
    def receiver_epoch(self) -> bytes:
        """New after any restore."""
        return self.lives.to_bytes(8, "big")

    def take(self, epoch: bytes, stream: str, seq: int, data: bytes) -> None:
        """Keep an envelope."""
        chain = self.chains.setdefault((epoch, stream), {})
        assert chain.setdefault(seq, data) == data, "a seq was given twice"

    def restore(self, *, lost: int) -> list[Issued]:
        """Go back to a copy that lacks the newest envelopes, begin a new receiver epoch, and ask for them again."""
        self.chains = {
            place: {seq: data for seq, data in chain.items() if seq <= max(0, max(chain) - lost)}
            for place, chain in self.chains.items()
        }
        self.lives, self.counter = self.lives + 1, 0
        return self.receipts(again=True)

    def receipts(self, *, again: bool = False) -> list[Issued]:
        """Sign a receipt for each chain; `again` asks for what follows."""
        found = []
        for (epoch, stream), chain in self.chains.items():
            seq = prefix(chain, self.holes.get((epoch, stream), set()))
            if seq >= 0:
                self.counter += 1
                receipt = Receipt(
                    receiver=RECEIVER,
                    receiver_epoch=self.receiver_epoch,
                    counter=self.counter,
                    unit=UNIT,
                    stream=stream,
                    epoch=epoch,
                    seq=seq,
                    hash=sha256(chain[seq]).digest(),
                    resend_from=seq + 1 if again else None,
                )
                data = cose.sign(payload.encode(receipt), kind=Kind.RECEIPT, signer=self.key)
                found.append(Issued(receipt=receipt, data=data))
        self.issued += found
        return found

    def give_up(self) -> None:
        """Wait no longer for what the unit does not have."""
        for place, chain in self.chains.items():
            self.holes[place] = set(range(max(chain))) - chain.keys()

    def rows(self) -> list[tuple[str, int, int]]:
        """Return stream, start and step of every row it has."""
        said = [said_in(data) for chain in self.chains.values() for data in chain.values()]
        batches = [batch for batch in said if batch["kind"] == "batch"]
        return [(batch["stream"], start, batch["step"]) for batch in batches for start, _, _ in batch["rows"]]


def prefix(chain: Mapping[int, bytes], holes: Collection[int]) -> int:
    """Return the last seq of a chain's contiguous prefix whose envelope is there, holes passed over; -1 for none."""
    void = {
        seq
        for said in map(said_in, chain.values())
        if said["kind"] == "gap" and said["sealed"]
        for seq in range(said["sealed"][0], said["sealed"][1] + 1)
    }
    seq = -1
    while seq + 1 in chain or seq + 1 in void or seq + 1 in holes:
        seq += 1
    while seq >= 0 and seq not in chain:
        seq -= 1
    return seq
