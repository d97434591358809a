"""A large store is drained through mosquitto into the receiver: agent, broker and receiver as real processes.

The store is filled beforehand, for a unit with the same streams, whose one sensor stays silent; then the agent is
started. Rows of the store count as drained when the receiver has them in the contiguous prefix that its receipts
cover; at the end the agent says of how many it has let go for receipts, those without a value that came since too.
"""

import asyncio
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import OperationalError, connect

from tests.bench.processes import cpu_s
from tests.proofs.size_scene import START_MS, STEP_MS, STREAMS, UNIT, fill
from tests.support.rig import DEADLINE_S, ChannelPlan, NumberedDust, Rig, Unit, UnitPlan, dust_stream, until

_LOOK_S = 0.5
_CHANNELS = [
    ChannelPlan(name=f"channel{number}", source=source, rule="last", unit="ug/m3")
    for number, source in enumerate(("pm1_0", "pm2_5", "pm10", "pm1_0_cf1"))
]
PLAN = UnitPlan(
    name=UNIT,
    sensors={"dust": "pmsx003"},
    streams=[dust_stream(name, sensor="dust", channels=_CHANNELS, window="1s", batch="1min") for name in STREAMS],
    buffer={"max_bytes": "4GB", "loss_window": "5s"},
)


@dataclass(frozen=True, kw_only=True)
class Drained:
    """What was drained, and what it took.

    Attributes:
        rows: in the receiver's store, below what its receipts cover.
        receipted: let go of by the agent.
        batches: rows of each batch.
        wall_s: from the first message at the receiver to the last row.
        agent_s, receiver_s: of the processor, in that time.
    """

    rows: int
    receipted: int
    batches: list[int]
    wall_s: float
    agent_s: float
    receiver_s: float


async def drain(folder: Path, *, rows: int, number: int) -> Drained:
    """Fill a store with so many rows, start everything, and wait until they are drained or nothing moves."""
    async with Rig(folder) as rig:
        unit = rig.add(PLAN)
        silent = NumberedDust(unit.link("dust"))
        await asyncio.to_thread(fill, unit.store, unit.key, rows=rows, number=number)
        await rig.start()
        unit.start()
        until_ms = START_MS + rows // len(STREAMS) * STEP_MS
        await until(lambda: _covered(rig.receiver.store, until_ms)[0] > 0, what="the first message")
        assert unit.process is not None
        assert rig.receiver.process is not None
        pids = unit.process.pid, rig.receiver.process.pid
        began_s, used_s = time.monotonic(), [cpu_s(pid) for pid in pids]
        while (covered := _covered(rig.receiver.store, until_ms)[1]) < rows:
            if time.monotonic() > began_s + DEADLINE_S + rows / 5_000:
                break
            await asyncio.sleep(_LOOK_S)
        wall_s = time.monotonic() - began_s
        agent_s, receiver_s = (cpu_s(pid) - used for pid, used in zip(pids, used_s, strict=True))
        await until(lambda: _receipted(unit) >= covered, what="receipts for all")
        silent.close()
        with closing(connect(rig.receiver.store)) as db:
            sql = "SELECT count(*) FROM row WHERE start_ms < ? GROUP BY chain, seq"
            batches = [count for (count,) in db.execute(sql, (until_ms,))]
        return Drained(
            rows=covered,
            receipted=_receipted(unit),
            batches=batches,
            wall_s=wall_s,
            agent_s=agent_s,
            receiver_s=receiver_s,
        )


def _receipted(unit: Unit) -> int:
    return int((unit.status().get("outbox") or {}).get("rows_receipted", 0))


def _covered(store: Path, until_ms: int) -> tuple[int, int]:
    """Return how many messages the receiver has receipted, and how many rows of before `until_ms` are in them."""
    with closing(connect(f"file:{store}?mode=ro", uri=True)) as db:
        try:
            (messages,) = db.execute("SELECT coalesce(sum(next_seq), 0) FROM chain").fetchone()
            (rows,) = db.execute(
                "SELECT count(*) FROM row JOIN chain ON chain.id = row.chain WHERE seq < next_seq AND start_ms < ?",
                (until_ms,),
            ).fetchone()
        except OperationalError:
            return 0, 0
    return messages, rows
