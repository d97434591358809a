"""An outbox for tests: a maker whose envelopes can be read back, released rows, and a clock that stands still."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from agent.buffer import files
from agent.buffer.embargo import Embargo
from agent.buffer.opening import Setup
from agent.buffer.outbox import Outbox
from agent.buffer.records import (
    GapNote,
    Limits,
    Link,
    OutboxStats,
    Outgoing,
    Overflow,
    ReceiptOutcome,
    StoredRows,
    StreamPolicy,
)
from agent.buffer.store import Database
from agent.buffer.wal import wal_path
from agent.clock import Instant
from agent.moment import moment
from agent.privacy.merge import How, Merging
from agent.privacy.released import Released, release
from agent.quality import Quality

UNIT = "corner-1"
DESTINATION = "broker.example:8883"
RECEIVER = bytes(range(8))
START_MS = 1_790_000_000_000
STEP_MS = 1000
BATCH = 10
DECLARATION = b"what the unit measures"
DIGEST = sha256(DECLARATION).digest()
CLOCK = b"\x00"
GENEROUS = Limits(max_bytes=16 << 20, free_floor_bytes=0, loss_window_s=3600)
STREAMS = {
    "air": StreamPolicy(overflow=Overflow.DROP_OLDEST, batch_rows=BATCH, backlog_rows=60, columns=2),
    "noise": StreamPolicy(overflow=Overflow.DROP_NEWEST, batch_rows=BATCH, backlog_rows=60, columns=2),
}
AIR = {"air": STREAMS["air"]}
NOISE = {"noise": STREAMS["noise"]}
STATS = OutboxStats(
    rows_waiting=0,
    envelopes_waiting=0,
    envelopes_leaving=0,
    sealed_rows_waiting=0,
    rows_stored=100,
    rows_receipted=0,
    rows_evicted=0,
    rows_refused=0,
    envelopes_sealed=10,
    gaps_sealed=0,
    commits=5,
    bytes_used=0,
    damaged_files=0,
)
"""Of a store that has sealed ten envelopes, and whose rows have all left."""


@dataclass
class StillClock:
    """A clock that moves when a test moves it."""

    now_ns: int = 10**12
    boot_id: bytes = bytes(16)

    def mono_ns(self) -> int:
        return self.now_ns

    def instant(self) -> Instant:
        return Instant(mono_ns=self.now_ns, utc_ns=START_MS * 1_000_000 + self.now_ns, synchronised=True, error_ms=1)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now_ns += int(seconds * 1e9)


@dataclass
class ReadableMaker:
    """Makes envelopes that are JSON. `fail` is raised by the next batch."""

    learnt: list[bytes] = field(default_factory=list)
    fail: Exception | None = None

    def learn(self, content: bytes) -> None:
        self.learnt.append(content)

    def clock_group(self, clock: bytes) -> int:
        return clock[0]

    def batch(self, link: Link, rows: StoredRows, declaration: bytes, clock: bytes) -> bytes:
        if self.fail is not None:
            error, self.fail = self.fail, None
            raise error
        first = next(iter(rows))
        return _json(
            "batch",
            link,
            rows=[[row.start_ms, list(row.values), [int(code) for code in row.quality]] for row in rows],
            step=first.step_ms,
            boot=first.boot_id.hex() if first.boot_id else None,
            declaration=declaration.hex(),
            clock=clock.hex(),
        )

    def start_ms(self, data: bytes) -> int | None:
        said = json.loads(data)
        if said["kind"] == "note":
            alarmed: int = json.loads(bytes.fromhex(said["content"]))
            return alarmed
        start: int = said["rows"][0][0]
        return None if said["boot"] else start

    def gap(self, link: Link, note: GapNote) -> bytes:
        sealed = [*note.sealed[:2], note.sealed[2].hex()] if note.sealed else None
        windows = list(note.windows) if note.windows else None
        ended = [note.ended[0].hex(), note.ended[1]] if note.ended else None
        return _json("gap", link, sealed=sealed, windows=windows, count=note.count, reason=note.reason, ended=ended)

    def declaration(self, link: Link, content: bytes) -> bytes:
        return _json("declaration", link, content=content.hex())

    def outline(self, content: bytes) -> tuple[tuple[str, tuple[str, ...]], ...]:
        assert content
        return (("air", ("left", "right")), ("noise", ("level", "peak")))

    def merging(self, content: bytes, stream: str) -> tuple[Merging, ...] | None:
        """The first column of `air` is a sum, the second the largest; nothing else is declared."""
        assert content
        if stream != "air":
            return None
        most = 1 << 50
        total = Merging(how=How.TOTAL, grouped=False, clamped=False, resolution=1, minimum=-most, maximum=most)
        return total, replace(total, how=How.MOST)

    def note(self, link: Link, content: bytes) -> bytes:
        return _json("note", link, content=content.hex())


def _json(kind: str, link: Link, **content: object) -> bytes:
    place = {"epoch": link.epoch.hex(), "stream": link.stream, "seq": link.seq}
    prev = link.prev.hex() if link.prev else None
    return json.dumps({"kind": kind, **place, "prev": prev, **content}, sort_keys=True).encode()


def parsed(envelope: Outgoing) -> dict[str, Any]:
    """Return what a readable envelope says."""
    content: dict[str, Any] = json.loads(envelope.data)
    return content


def row(
    index: int,
    *,
    stream: str = "air",
    values: tuple[int | None, ...] | None = None,
    step_ms: int = STEP_MS,
    boot_id: bytes | None = None,
    start_ms: int | None = None,
) -> Released:
    """Return the released row of the window number `index`; without values they are its index and a null."""
    given = (index, None) if values is None else values
    return release(
        stream,
        start_ms=START_MS + index * step_ms if start_ms is None else start_ms,
        step_ms=step_ms,
        boot_id=boot_id,
        values=given,
        quality=tuple(Quality.OK if value is not None else Quality.NO_DATA for value in given),
    )


def rows(first: int, count: int, *, stream: str = "air") -> list[Released]:
    """Return consecutive rows."""
    return [row(index, stream=stream) for index in range(first, first + count)]


def setup_at(path: Path, *, limits: Limits = GENEROUS) -> Setup:
    """Return what an outbox is opened with on its own thread."""
    return Setup(
        path=path,
        unit=UNIT,
        limits=limits,
        streams=STREAMS,
        maker=ReadableMaker(),
        embargo=Embargo(StillClock()),
        destination=DESTINATION,
        moment=lambda: moment(StillClock()),
        now_ms=lambda: 0,
        free_bytes=lambda: 1 << 40,
    )


@contextlib.contextmanager
def database(folder: Path) -> Iterator[Database]:
    """Open the database of a store that has just been made."""
    path = folder / "outbox.db"
    files.prepare(path, unit=UNIT)
    db = Database(path, wal_pages=100)
    yield db
    db.close()


async def opened(
    path: Path,
    *,
    unit: str = UNIT,
    limits: Limits = GENEROUS,
    streams: Mapping[str, StreamPolicy] = STREAMS,
    maker: ReadableMaker | None = None,
    clock: StillClock | None = None,
    on_stored: Callable[[Sequence[tuple[str, int, int]]], None] | None = None,
    free_bytes: Callable[[], int] | None = None,
) -> Outbox:
    """Open an outbox with everything a test does not care about."""
    return await Outbox.open(
        path,
        unit=unit,
        limits=limits,
        streams=streams,
        maker=maker or ReadableMaker(),
        clock=clock or StillClock(),
        destination=DESTINATION,
        on_stored=on_stored,
        free_bytes=free_bytes or (lambda: 1 << 40),
    )


def put(
    outbox: Outbox, released: Sequence[Released], *, declaration: bytes = DIGEST, clock: bytes = CLOCK
) -> asyncio.Future[None]:
    """Append rows under the usual declaration."""
    return outbox.append(released, declaration=declaration, clock=clock)


async def stored(outbox: Outbox, released: Sequence[Released], *, declaration: bytes = DIGEST) -> None:
    """Append rows and commit them."""
    future = put(outbox, released, declaration=declaration)
    await outbox.flush()
    await future


async def waiting(outbox: Outbox, *, after: int = 0) -> list[Outgoing]:
    """Return every envelope that waits."""
    return await outbox.outgoing(after=after, limit=100_000, max_bytes=1 << 30)


async def confirm(outbox: Outbox, envelope: Outgoing) -> ReceiptOutcome:
    """Receipt everything up to an envelope."""
    said = parsed(envelope)
    return await outbox.receipt(
        stream=envelope.stream,
        epoch=bytes.fromhex(said["epoch"]),
        seq=said["seq"],
        hash=sha256(envelope.data).digest(),
        receiver=RECEIVER,
    )


def contents(path: Path) -> bytes:
    """Return what is in a file."""
    return path.read_bytes()


def overwrite(path: Path, data: bytes | bytearray) -> None:
    """Put something else into a file."""
    path.write_bytes(data)


def bytes_in(folder: Path) -> int:
    """Return the size of all files in a folder."""
    return sum(file.stat().st_size for file in folder.iterdir())


def copied(path: Path, to: Path) -> Path:
    """Copy a store that is open as a killed process would leave it."""
    to.write_bytes(path.read_bytes())
    wal_path(to).write_bytes(wal_path(path).read_bytes())
    return to


async def drained(outbox: Outbox, *, partial: bool = True) -> list[dict[str, Any]]:
    """Seal, read and receipt until nothing is left; return what the envelopes said, in order."""
    found: list[dict[str, Any]] = []
    while await outbox.seal(partial=partial) or await waiting(outbox):
        envelopes = await waiting(outbox)
        found += [parsed(envelope) for envelope in envelopes]
        for envelope in envelopes:
            await confirm(outbox, envelope)
        await outbox.flush()
    return found


def delivered(envelopes: Sequence[Mapping[str, Any]], stream: str = "air") -> list[int]:
    """Return the first values of all rows of a stream, in the order of their windows."""
    found = [
        (start, values[0])
        for envelope in envelopes
        if envelope["kind"] == "batch" and envelope["stream"] == stream
        for start, values, _ in envelope["rows"]
    ]
    return [value for _, value in sorted(found)]


def lost(envelopes: Sequence[Mapping[str, Any]], stream: str = "air") -> int:
    """Return how many rows the gap records of a stream count."""
    return sum(e["count"] for e in envelopes if e["kind"] == "gap" and e["stream"] == stream)
