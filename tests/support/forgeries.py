"""What somebody with a key of their own, or without one, can make of a unit's or a receiver's messages."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from agent.wire import cose, payload
from agent.wire.keyfile import SigningKey
from agent.wire.messages import Batch, Kind
from tests.support.evidence import opened


@dataclass(frozen=True, slots=True)
class Pretender:
    """Signs with one key and names another."""

    own: SigningKey
    named: SigningKey

    @property
    def kid(self) -> bytes:
        return self.named.kid

    @property
    def alg(self) -> int:
        return self.named.alg

    def sign(self, message: bytes) -> bytes:
        return self.own.sign(message)


def envelopes(store: Path, stream: str) -> list[bytes]:
    """Return the envelopes of a stream that a receiver has stored, by seq."""
    with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as db:
        return [
            data
            for (data,) in db.execute(
                "SELECT data FROM envelope JOIN chain ON chain.id = envelope.chain WHERE stream = ? ORDER BY seq",
                (stream,),
            )
        ]


def signed(batch: Batch, key: "SigningKey | Pretender") -> bytes:
    """Return the envelope of a batch."""
    return cose.sign(payload.encode(batch), kind=Kind.BATCH, signer=key)


def last_batch(data: Sequence[bytes], key: SigningKey) -> Batch:
    """Return the last batch among envelopes."""
    contents = [opened(one, key.public) for one in data]
    return next(content for content in reversed(contents) if isinstance(content, Batch))


def following(batch: Batch, data: bytes) -> Batch:
    """Return a batch that continues the chain after `batch`, whose envelope is `data`: the next windows."""
    return replace(
        batch,
        seq=batch.seq + 1,
        prev=cose.envelope_hash(data),
        start_ms=batch.start_ms + batch.rows * batch.step_ms,
    )
