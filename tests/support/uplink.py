"""An outbox, a clock and a publisher's surroundings for tests of the uplink."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from agent.budget import Budget, BudgetSettings
from agent.buffer.records import Lane, Outgoing
from agent.clock import Instant, SystemClock
from agent.discipline import SystemDiscipline
from agent.publisher import Publisher
from agent.uplink.backoff import BackoffSettings
from agent.uplink.settings import Timing, UplinkSettings

NS = 1_000_000_000
FAST = Timing(
    connect_s=5.0,
    greet_s=5.0,
    tcp_s=2.0,
    ack_s=10.0,
    grace_s=0.05,
    receipt_s=30.0,
    refusal_s=0.1,
    seal_s=0.01,
    goodbye_s=1.0,
    beat_s=0.5,
)
EAGER = BackoffSettings(eager_min_s=0.05, eager_max_s=0.1)
STATUS_TOPIC = "lamppost/1/unit-a/status"


@dataclass
class FakeClock:
    """Time that moves only when a test says so; sleeping moves it, too."""

    mono: int = 1_000 * NS
    utc: int = 1_780_000_000 * NS
    synchronised: bool = True
    error_ms: int | None = 10
    boot_id: bytes = bytes(16)
    slept: list[float] = field(default_factory=list)

    def mono_ns(self) -> int:
        return self.mono

    def instant(self) -> Instant:
        return Instant(mono_ns=self.mono, utc_ns=self.utc, synchronised=self.synchronised, error_ms=self.error_ms)

    def advance(self, seconds: float) -> None:
        self.mono += int(seconds * NS)
        self.utc += int(seconds * NS)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)


class FakeQueue:
    """An outbox in memory: envelopes stay until receipted or accepted. `pending` are not yet sealed."""

    def __init__(self) -> None:
        self.rows: dict[int, Outgoing] = {}
        self.pending: list[Outgoing] = []
        self.seals = 0
        self.looks = 0
        self.taken: list[int] = []
        self.saved: dict[str, bytes] = {}
        self.along = False
        self.held_up = False
        self.backlog_wants = 0
        self.backlog_sealed = 0
        self.backlog_until: int | None = None
        self._next = 1

    def add(self, stream: str, data: bytes, *, lane: Lane = Lane.LIVE, sealed: bool = True) -> int:
        row = Outgoing(row_id=self._next, stream=stream, epoch=bytes(8), seq=self._next, lane=lane, data=data)
        self._next += 1
        if sealed:
            self.rows[row.row_id] = row
        else:
            self.pending.append(row)
        return row.row_id

    def receipt(self, row_id: int) -> None:
        self.rows.pop(row_id, None)

    async def seal(self) -> int:
        self.seals += 1
        made, self.pending = self.pending, []
        self.rows |= {row.row_id: row for row in made}
        return len(made)

    def seal_along(self, *, wanted: bool) -> None:
        self.along = wanted

    def let_backlog(self, until: int | None) -> None:
        self.backlog_until = until

    async def outgoing(self, *, after: int, limit: int, max_bytes: int) -> list[Outgoing]:
        self.looks += 1
        order = list(Lane)
        rows = sorted(self.rows.values(), key=lambda row: (order.index(row.lane), row.row_id))
        found: list[Outgoing] = []
        size = 0
        for row in [row for row in rows if row.row_id > after][:limit]:
            size += len(row.data)
            if found and size > max_bytes:
                break
            found.append(row)
        return found

    async def accepted(self, row_id: int) -> None:
        self.taken.append(row_id)
        self.rows.pop(row_id)

    async def save_counters(self, name: str, data: bytes) -> None:
        self.saved[name] = data


def topic_of(row: Outgoing) -> str:
    """Return the topic of an envelope of unit-a."""
    lane = "declaration" if row.lane is Lane.CONTROL else row.lane.value
    return f"lamppost/1/unit-a/{lane}" + ("" if row.lane is Lane.CONTROL else f"/{row.stream}")


def status_of(*, online: bool, session: int) -> bytes:
    """Return something that stands for a signed status."""
    return f"{'online' if online else 'offline'} {session}".encode()


def settings_for(port: int, **changes: object) -> UplinkSettings:
    """Return settings for a broker on the loopback interface, without TLS."""
    base = UplinkSettings(
        host="127.0.0.1",
        port=port,
        client_id="unit-a",
        status_topic=STATUS_TOPIC,
        subscriptions=("lamppost/1/unit-a/receipt/+", "lamppost/1/unit-a/control"),
        tls=None,
        timing=FAST,
        backoff=EAGER,
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # the names are the caller's


@dataclass
class Running:
    """A publisher at work."""

    publisher: Publisher
    queue: FakeQueue
    budget: Budget
    received: list[tuple[str, bytes]]
    task: asyncio.Task[None]

    async def until(self, condition: Callable[[], bool], *, deadline_s: float = 20.0) -> None:
        """Return when `condition` holds; fails with the publisher's state when it does not in time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline_s
        while not condition():
            assert not self.task.done(), self.task
            assert loop.time() < end, self.publisher.state()
            await asyncio.sleep(0.005)

    async def connected(self) -> None:
        """Return when there is a session."""
        await self.until(lambda: self.publisher.state().connected)


@contextlib.asynccontextmanager
async def publishing(
    settings: UplinkSettings,
    *,
    queue: FakeQueue | None = None,
    budget: BudgetSettings | None = None,
    receipt_for: Callable[[FakeQueue, str, bytes], None] | None = None,
) -> AsyncIterator[Running]:
    """Run a publisher; it is cancelled at the end, and whatever ended it before is raised."""
    queue = queue or FakeQueue()
    received: list[tuple[str, bytes]] = []
    clock = SystemClock(SystemDiscipline())

    async def on_message(topic: str, payload: bytes) -> None:
        received.append((topic, payload))
        if receipt_for is not None:
            receipt_for(queue, topic, payload)

    spending = Budget(budget or BudgetSettings(), clock=clock)
    publisher = Publisher(
        settings,
        queue=queue,
        budget=spending,
        clock=clock,
        topic_of=topic_of,
        on_message=on_message,
        status=status_of,
    )
    task: asyncio.Task[None] = asyncio.create_task(publisher.run())
    try:
        yield Running(publisher, queue, spending, received, task)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def digest(parts: Sequence[bytes]) -> str:
    """Return one hash over messages, in order."""
    return hashlib.sha256(b"".join(len(part).to_bytes(4) + part for part in parts)).hexdigest()
