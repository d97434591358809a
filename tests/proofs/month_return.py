"""A month's store, given to the real agent: `tests.proofs.month` has it come back with all that it left behind.

In: what a month without uplink left in an outbox that was too small for it (`tests.proofs.month_scene`). Out:
evidence for `tests.proofs.month_judge`. The agent runs as a process with mosquitto and the real receiver; between it
and the broker is a tap, whose end of the connection the kernel counts as well. First the agent measures without a
connection; then there is one, and a budget of wire bytes a minute. Its disk is short of space: the floor of what must
stay free is higher than any disk, so that the outbox takes nothing more and gives back what it no longer needs.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

from agent.uplink.kernel import wire_bytes
from agent.wire.messages import Batch
from tests.proofs.flat import rss_kb
from tests.proofs.month_evidence import Evidence, Sample, arrivals, city_rows, gaps, waiting_rows
from tests.proofs.month_unit import Outage, leave, unit_plan
from tests.proofs.size_scene import STREAMS
from tests.support.plans import section
from tests.support.rig import NumberedDust, Rig, Unit, tick_for_ever, until
from tests.support.tap import SUBACK, Connection, Seen, Tap
from tests.support.trace import Trace, place_of

_FIRST_ROWS = 2
_SAMPLE_S = 0.05
_DRAIN_S = 120.0
_SETTLE_S = 1.0


class Back:
    """The unit that is back, on its tap.

    Attributes:
        samples: what was looked up now and then since there is a session.
        session_ms: when there was one.
    """

    def __init__(self, unit: Unit, tap: Tap, *, trace: Trace) -> None:
        self.unit = unit
        self.trace = trace
        self.samples: list[Sample] = []
        self.session_ms = 0
        self.lanes: dict[tuple[str, bytes, int], str] = {}
        self.connections: set[Connection] = set()
        self._began_s = 0.0
        self._connection: Connection | None = None
        tap.gate = self._gate

    def _gate(self, seen: Seen) -> bool:
        if self._connection is None:
            self._began_s, self._connection = time.monotonic(), seen.connection
        self.connections.add(seen.connection)
        content = self.trace.read(seen)
        if isinstance(content, Batch):
            self.lanes[place_of(content)] = seen.topic.split("/")[3]
        if seen.kind == SUBACK and not self.session_ms:
            self.session_ms = time.time_ns() // 1_000_000
        self.trace.passed(seen, content)
        return True

    def disk_bytes(self) -> int:
        """Return what the outbox takes."""
        return sum(path.stat().st_size for path in self.unit.store.parent.glob("outbox.db*"))

    def look(self) -> None:
        """Take a sample."""
        assert self.unit.process is not None
        counted = None if self._connection is None else _counted(self._connection)
        if counted is not None:
            self.samples.append(
                Sample(
                    since_s=time.monotonic() - self._began_s,
                    wire_bytes=counted,
                    rss_kb=rss_kb(self.unit.process.pid),
                    disk_bytes=self.disk_bytes(),
                )
            )

    def has_drained(self) -> bool:
        """Tell whether the unit says that nothing old is left."""
        outbox = self.unit.status().get("outbox") or {}
        lanes = dict(outbox.get("lanes") or ())
        return bool(self.samples) and outbox["rows_waiting"] < 2 * len(STREAMS) and not lanes["backlog"]


def _counted(connection: Connection) -> int | None:
    """Return the IP bytes of a connection, as the kernel counts them at the broker's end of it."""
    sock = connection.client.get_extra_info("socket")
    return wire_bytes(sock)


@contextlib.asynccontextmanager
async def _measuring(unit: Unit) -> AsyncIterator[None]:
    """Have the sensor work and the agent run."""
    dust = NumberedDust(unit.link("dust"))
    ticking = asyncio.create_task(tick_for_ever([dust], period_s=1.0, phase_s=0.5))
    unit.start()
    try:
        yield
    finally:
        ticking.cancel()
        dust.close()


async def come_back(folder: Path, outage: Outage) -> Evidence:
    """Have a month pass and the real agent come back from it; return what was found."""
    async with Rig(folder) as rig:
        tap = Tap(rig.broker.port)
        unit = rig.add(unit_plan(outage), port=tap.port)
        (folder / "month").mkdir()
        month = await leave(unit, outage, folder=folder / "month")
        left = waiting_rows(unit.store)
        with (unit.folder / "unit.toml").open("a") as file:
            file.write("\n" + section("budget", {"bytes_per_minute": f"{outage.bytes_per_minute}B"}))
        back = Back(unit, tap, trace=Trace(unit.key.public, rig.receiver.key.public))
        await rig.start()
        async with _measuring(unit):
            await _first_rows(unit)
            assert unit.process is not None
            offline = Sample(since_s=0, wire_bytes=0, rss_kb=rss_kb(unit.process.pid), disk_bytes=back.disk_bytes())
            async with tap:
                drained = await _drain(back)
                code = await unit.stop()
        await rig.receiver.stop()
        store = rig.receiver.store
        return Evidence(
            bytes_per_minute=outage.bytes_per_minute,
            measured=month.minute,
            left=left,
            reported=[(row.stream, row.start_ms) for row in unit.stored],
            exit_code=code,
            drained=drained,
            session_ms=back.session_ms,
            arrivals=arrivals(store, back.lanes),
            rows=city_rows(store),
            gaps=gaps(store),
            offline=offline,
            samples=back.samples,
            end_bytes=back.disk_bytes(),
            rewritten=len(back.trace.rewritten),
            connections=len(back.connections),
        )


async def _first_rows(unit: Unit) -> None:
    """Return when each stream has rows of its own."""

    def have_rows() -> bool:
        assert not unit.dead, unit.log.read_text()
        streams = [row.stream for row in unit.stored]
        return all(streams.count(name) >= _FIRST_ROWS for name in STREAMS)

    await until(have_rows, what="rows of the unit's own")


async def _drain(back: Back) -> bool:
    """Look on until nothing old is left, and a little longer; return whether it came to that."""
    end_s = time.monotonic() + _DRAIN_S
    while not back.has_drained() and not back.unit.dead and time.monotonic() < end_s:
        back.look()
        await asyncio.sleep(_SAMPLE_S)
    drained = back.has_drained()
    settle_s = time.monotonic() + _SETTLE_S
    while time.monotonic() < settle_s and not back.unit.dead:
        back.look()
        await asyncio.sleep(_SAMPLE_S)
    return drained
