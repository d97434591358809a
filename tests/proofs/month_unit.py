"""The unit that `tests.proofs.month_return` has come back: its outage, its configuration, the outbox it had left.

In: how long an outage is, and how small the outbox. Out: the outbox as a month leaves it, and the plan of the agent
that is given it. Never: a row that the code of a unit would not have stored so.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from agent.buffer.records import Limits, Overflow
from tests.proofs.month_scene import DAY_MS, MINUTES, Month
from tests.proofs.size_scene import CHANNELS, STREAMS, UNIT
from tests.support.rig import ChannelPlan, Unit, UnitPlan, dust_stream

OVERFLOW = dict(
    zip(STREAMS, (Overflow.DROP_OLDEST, Overflow.THIN, Overflow.DROP_NEWEST, Overflow.DROP_OLDEST), strict=True)
)
_SOURCES = ("pm1_0", "pm2_5", "pm10", "n0_3")
_FLOOR = "900GB"
"""More than any disk has free: the outbox may take no more of it, and gives back what it can."""
_LEAST_CAP = 1_000_000
_COMMIT_MINUTES = 10
_FREE_PAGES = 40


@dataclass(frozen=True, kw_only=True)
class Outage:
    """How long, into how small an outbox; and what the unit may send afterwards.

    Attributes:
        broken: a fault of `tests.proofs.month_agent`.
    """

    days: int
    max_bytes: int
    bytes_per_minute: int
    number: int
    broken: str = ""

    @property
    def new_cap(self) -> int:
        """What the outbox may take afterwards: while it is full, streams that keep their oldest rows take no more."""
        return max(_LEAST_CAP, self.max_bytes * 5 // 4)


def unit_plan(outage: Outage) -> UnitPlan:
    """Return the unit: the same streams as in the month, but measured each second."""
    channels = [ChannelPlan(name=f"channel-{one}", source=one, rule="last", unit="ug/m3") for one in _SOURCES]
    channels[-1] = replace(channels[-1], unit="count")
    assert len(channels) == CHANNELS
    return UnitPlan(
        name=UNIT,
        sensors={"dust": "pmsx003"},
        streams=[
            dust_stream(name, sensor="dust", channels=channels, overflow=OVERFLOW[name].value, batch="2s")
            for name in STREAMS
        ],
        uplink={"keepalive": "10min", "status_interval": "1h"},
        buffer={"max_bytes": f"{outage.new_cap}B", "free_floor": _FLOOR, "log_bytes": "100kB"},
        program=("-m", "tests.proofs.month_agent", outage.broken) if outage.broken else ("-m", "agent"),
        options=("--keep-status", "--status-every", "1"),
    )


def restless(chance: random.Random) -> Iterator[tuple[int, ...]]:
    """Yield what wanders about so far that a row takes more than ten bytes on the wire."""
    while True:
        yield tuple(chance.randrange(-400, 850) for _ in range(CHANNELS))


async def leave(unit: Unit, outage: Outage, *, folder: Path) -> Month:
    """Let a month pass that ended yesterday, and leave its outbox where the unit finds it.

    It ends a little after rows have made room for others: the unit's first ones, which come before there is a
    connection, then need not take the place of rows that are waited for.
    """
    now_ms = time.time_ns() // 1_000_000
    month = Month(
        folder,
        outage.number,
        limits=Limits(max_bytes=outage.max_bytes, free_floor_bytes=0, loss_window_s=600),
        overflow=OVERFLOW,
        unit=unit.key,
        store=unit.store,
        began_ms=now_ms // DAY_MS * DAY_MS - (outage.days + 1) * DAY_MS,
        commit_minutes=_COMMIT_MINUTES,
        source=restless,
    )
    await month.pass_minutes(outage.days * MINUTES, online=False)
    while month.line.core._parts.db.pages().free < _FREE_PAGES and month.minute < (outage.days + 1) * MINUTES:
        await month.pass_minutes(_COMMIT_MINUTES, online=False)
    month.close()
    return month
