"""Large stores, and what `tests.proofs.size` does with them: open, seal and publish, drain into the real receiver.

A store is made by the code that makes it on a unit (`agent.buffer.core`), in larger commits than a unit's. Sealer,
receipts and receiver are the real ones too; only the broker between them is left out: it is neither's.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Self

from agent.buffer.core import Core
from agent.buffer.embargo import Embargo
from agent.buffer.opening import Setup
from agent.buffer.records import Limits, Outgoing, Overflow, ReceiptOutcome, StreamPolicy
from agent.buffer.rows import encode_row
from agent.buffer.work import Reception, Rows, Work
from agent.clock import Clock
from agent.moment import moment
from agent.privacy.released import release
from agent.quality import Quality
from agent.receipts import ReceiptVerifier
from agent.sealer import Sealer, StreamFormat
from agent.wire import payload, topics
from agent.wire.declared import DECLARATIONS, DeclarationContent
from agent.wire.keyfile import SigningKey
from agent.wire.messages import ClockQuality, ClockStamp
from receiver.service import Receiver, ReceiverSettings
from receiver.store import Store
from receiver.subscriber import Arrival
from receiver.trusted import Device
from tests.support.envelopes import content
from tests.support.outbox import DESTINATION, StillClock

UNIT = "corner-5th-main"
STREAMS = ("air", "noise", "weather", "wind")
CHANNELS = 4
STEP_MS = 60_000
START_MS = 1_600_000_020_000 // (240 * STEP_MS) * (240 * STEP_MS)
BACKLOG_ROWS = 240
COMMIT_WINDOWS = 1024
GROUP = 64
"""Envelopes that are handed out at once, and arrive at the receiver as one group."""
CLOCK = payload.encode_clock(ClockStamp(quality=ClockQuality.SYNCHRONISED))
LIMITS = Limits(max_bytes=4 << 30, free_floor_bytes=0, loss_window_s=5, log_bytes=16_000_000)
POLICY = StreamPolicy(overflow=Overflow.DROP_OLDEST, batch_rows=60, backlog_rows=BACKLOG_ROWS, columns=CHANNELS)


def declared() -> DeclarationContent:
    """Return what the unit declares: four streams of four channels."""
    told = content(UNIT)
    stream, channel = told.streams[0], told.streams[0].channels[0]
    channels = tuple(replace(channel, name=f"channel{number}") for number in range(CHANNELS))
    streams = tuple(replace(stream, name=name, batch_rows=60, channels=channels) for name in STREAMS)
    return replace(told, streams=streams)


DECLARATION = payload.content_bytes(declared())


def setup(
    path: Path, key: SigningKey, *, clock: Clock | None = None, limits: Limits = LIMITS, policy: StreamPolicy = POLICY
) -> Setup:
    """Return everything that the store at `path` is opened with."""
    clock = clock or StillClock()
    formats = {name: StreamFormat(exponents=(-1,) * CHANNELS) for name in STREAMS}
    return Setup(
        path=path,
        unit=UNIT,
        limits=limits,
        streams=dict.fromkeys(STREAMS, policy),
        maker=Sealer(key, unit=UNIT, formats=formats),
        embargo=Embargo(clock),
        destination=DESTINATION,
        moment=lambda: moment(clock),
        now_ms=lambda: clock.instant().utc_ns // 1_000_000,
        free_bytes=lambda: 1 << 40,
    )


def values_of(chance: random.Random) -> Iterator[tuple[int, ...]]:
    """Yield what a sensor measures: numbers of three digits that wander."""
    values = [chance.randrange(100, 900) for _ in range(CHANNELS)]
    while True:
        values = [value + chance.randrange(-3, 4) for value in values]
        yield tuple(values)


def fill(
    path: Path, key: SigningKey, *, rows: int, number: int, tell: Callable[[int], None] = lambda _: None
) -> None:
    """Make a store with so many rows that wait.

    Args:
        path: where.
        key: the unit's.
        rows: how many, a multiple of the number of streams.
        number: seed.
        tell: told now and then how many are stored.
    """
    core = Core(setup(path, key))
    core.transact(Work(declarations=[DECLARATION]))
    sources = [values_of(random.Random(f"{number} {name}")) for name in STREAMS]
    windows = rows // len(STREAMS)
    good = (Quality.OK,) * CHANNELS
    for first in range(0, windows, COMMIT_WINDOWS):
        released = [
            release(
                name,
                start_ms=START_MS + window * STEP_MS,
                step_ms=STEP_MS,
                boot_id=None,
                values=next(source),
                quality=good,
            )
            for window in range(first, min(first + COMMIT_WINDOWS, windows))
            for name, source in zip(STREAMS, sources, strict=True)
        ]
        group = Rows(
            rows=released,
            data=[encode_row(row.values, row.quality) for row in released],
            declaration=sha256(DECLARATION).digest(),
            clock=CLOCK,
            completes=False,
        )
        core.transact(Work(rows=[group]))
        tell(core.stats().rows_stored)
    core.close()


@dataclass
class Cost:
    """Time that something took, and rows that it was about."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    rows: int = 0

    def __enter__(self) -> Self:
        self._began = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu_s += time.process_time() - self._began[0]
        self.wall_s += time.perf_counter() - self._began[1]

    @property
    def rate(self) -> float:
        """Rows per second of the processor."""
        return self.rows / self.cpu_s if self.cpu_s else 0.0


@dataclass
class Line:
    """One unit's outbox with what handles its receipts.

    Attributes:
        core: the outbox.
        receipts: judges what the receiver says.
    """

    core: Core
    receipts: ReceiptVerifier

    def send(self, *, partial: bool = True, limit: int = GROUP) -> list[Outgoing]:
        """Seal some of what waits, and hand out what is sealed."""
        self.core.transact(Work(seal=True, partial=partial))
        return self.core.outgoing(after=0, limit=limit, max_bytes=1 << 20, lane=None)

    def start_ms(self, envelope: Outgoing) -> int:
        """Return the start of the first window of a batch, 0 for none."""
        return self.core._setup.maker.start_ms(envelope.data) or 0

    def settle(self, receipts: Sequence[bytes]) -> int:
        """Let go of what receipts cover; return how many rows that were."""
        before = self.core.stats().rows_receipted
        work = Work(counters={"receipts": b""})
        for data in receipts:
            receipt = self.receipts.verify(data)
            reception = Reception(
                stream=receipt.stream,
                epoch=receipt.epoch,
                seq=receipt.seq,
                hash=receipt.hash,
                receiver=receipt.receiver,
                resend_from=receipt.resend_from,
            )
            if self.core.judge(reception) in {ReceiptOutcome.APPLIED, ReceiptOutcome.RESEND}:
                work.receipts.append(reception)
        work.counters = {"receipts": self.receipts.export()}
        self.core.transact(work)
        return self.core.stats().rows_receipted - before

    def settle_all(self, sent: Sequence[Outgoing]) -> int:
        """Let go of everything that was sent, as if a receiver had receipted it; return how many rows that were."""
        before = self.core.stats().rows_receipted
        last = {envelope.stream: envelope for envelope in sent}
        receptions = [
            Reception(stream=e.stream, epoch=e.epoch, seq=e.seq, hash=sha256(e.data).digest(), receiver=bytes(8))
            for e in last.values()
        ]
        found = [reception for reception in receptions if self.core.judge(reception) is ReceiptOutcome.APPLIED]
        self.core.transact(Work(receipts=found))
        return self.core.stats().rows_receipted - before


@dataclass
class City:
    """The real receiver, without a broker."""

    receiver: Receiver

    @classmethod
    def make(cls, folder: Path, *, key: SigningKey, unit: SigningKey) -> "City":
        """Return a receiver that believes one unit."""
        device = Device(unit=UNIT, key=unit.public, valid_from_ms=0, valid_until_ms=2**53)
        clock = count(START_MS)
        settings = ReceiverSettings(
            key=key, devices={UNIT: device}, topics=topics.Topics("lamppost"), patience_ms=1 << 40
        )
        return cls(Receiver(settings, store=Store(folder / "receiver.db"), utc_ms=lambda: next(clock)))

    async def take(self, sent: Sequence[Outgoing]) -> list[bytes]:
        """Have it verify, store and receipt a group."""
        arrivals = [Arrival(topic_of(envelope), envelope.data, retained=False) for envelope in sent]
        return [reply.data for reply in await self.receiver.handle(arrivals)]


def topic_of(envelope: Outgoing) -> str:
    """Return where an envelope goes."""
    root = f"lamppost/1/{UNIT}"
    return f"{root}/declaration" if envelope.stream == DECLARATIONS else f"{root}/{envelope.lane}/{envelope.stream}"
