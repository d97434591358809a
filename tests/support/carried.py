"""A unit's folder with real signed envelopes in its buffer, and a city that has never heard of it."""

from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from agent.buffer.outbox import Outbox
from agent.buffer.records import Limits, Overflow, StreamPolicy
from agent.control.state import create
from agent.sealer import Sealer, StreamFormat
from agent.wire import payload
from agent.wire.keyfile import SigningKey, generate
from agent.wire.messages import ClockQuality, ClockStamp
from tests.support.envelopes import STREAM, UNIT, content
from tests.support.outbox import GENEROUS, RECEIVER, StillClock, row

CLOCK = payload.encode_clock(ClockStamp(quality=ClockQuality.SYNCHRONISED))
POLICY = StreamPolicy(overflow=Overflow.DROP_OLDEST, batch_rows=10, backlog_rows=60, columns=2)
DECLARED = payload.content_bytes(content())


@dataclass
class Carried:
    """One unit, as far as its folder goes."""

    folder: Path
    key: SigningKey = field(init=False)

    def __post_init__(self) -> None:
        (self.folder / "store").mkdir(parents=True)
        create(self.folder / "store", unit=UNIT)
        self.key = generate(self.folder / "unit.key")

    @property
    def store(self) -> Path:
        """Its store."""
        return self.folder / "store" / "outbox.db"

    async def opened(self, *, limits: Limits = GENEROUS) -> Outbox:
        """Open its buffer."""
        sealer = Sealer(self.key, unit=UNIT, formats={STREAM: StreamFormat(exponents=(-1, -1))})
        outbox = await Outbox.open(
            self.store,
            unit=UNIT,
            limits=limits,
            streams={STREAM: POLICY},
            maker=sealer,
            clock=StillClock(),
            destination="broker.example:8883",
            free_bytes=lambda: 1 << 40,
        )
        await outbox.declare(DECLARED)
        return outbox

    async def store_rows(self, outbox: Outbox, first: int, count: int) -> None:
        """Store rows, committed."""
        rows = [row(index, stream=STREAM) for index in range(first, first + count)]
        future = outbox.append(rows, declaration=sha256(DECLARED).digest(), clock=CLOCK)
        await outbox.flush()
        await future

    async def fill(self, *, sealed: int = 40, rest: int = 15, receipted: bool = False) -> None:
        """Store and seal some rows, store some more, and stop in order."""
        outbox = await self.opened(limits=replace(GENEROUS, retain_s=3600.0))
        for first in range(0, sealed, 10):
            await self.store_rows(outbox, first, 10)
            await outbox.seal()
        if receipted:
            newest = (await outbox.outgoing(limit=1000, max_bytes=1 << 30))[-1]
            digest = sha256(newest.data).digest()
            await outbox.receipt(
                stream=newest.stream, epoch=newest.epoch, seq=newest.seq, hash=digest, receiver=RECEIVER
            )
            await outbox.flush()
        await self.store_rows(outbox, sealed, rest)
        await outbox.close()

    def registry(self) -> Path:
        """Write the city's list of devices, and return it."""
        path = self.folder / "devices.toml"
        path.write_text(
            f'[unit.{UNIT}]\nkey = "{self.key.public.line}"\nalg = "Ed25519"\nvalid_from = 2020-01-01T00:00:00Z\n'
        )
        return path
