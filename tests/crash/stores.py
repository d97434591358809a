"""The agent's own store, opened by a test as the agent opens it; and filled, so that the agent finds it full.

In: settings, a key, a clock. Out: an open store, or one that has no room for more. Never: a row that was not stored
by the agent's code, or one that was lost: that is left to the agent.

With rows a window long an agent takes minutes to fill the smallest store that a configuration allows. What is filled
in here is what it would have stored and sealed in those minutes, under the declaration that it makes itself.
"""

import os
import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from agent import assembly, declaration, keys
from agent.buffer.core import Core
from agent.buffer.embargo import Embargo
from agent.buffer.opening import Setup
from agent.buffer.rows import encode_row
from agent.buffer.waiting import row_bytes
from agent.buffer.work import Rows, Work
from agent.clock import NS_PER_MS, Clock
from agent.config import Settings, load
from agent.moment import moment
from agent.privacy.released import Released, release
from agent.quality import Quality
from agent.sealer import Sealer
from agent.wire import payload
from agent.wire.keyfile import SigningKey
from agent.wire.messages import ClockQuality, ClockStamp
from tests.crash.story import WINDOW_MS

_AGO_MS = 3600 * 1000
_COMMIT_WINDOWS = 4
_CLOCK = payload.encode_clock(ClockStamp(quality=ClockQuality.SYNCHRONISED))

Stored = tuple[str, int, int]
"""Stream, number and window start of a row that is stored."""


def open_store(path: Path, settings: Settings, *, key: SigningKey, clock: Clock) -> Core:
    """Open a store as the agent does it."""
    unit = settings.unit.id
    return Core(
        Setup(
            path=path,
            unit=unit,
            limits=settings.limits,
            streams=assembly.stream_policies(settings),
            maker=Sealer(key, unit=unit, formats=assembly.stream_formats(settings)),
            embargo=Embargo(clock),
            destination="broker.example:8883",
            moment=lambda: moment(clock),
            now_ms=lambda: clock.instant().utc_ns // NS_PER_MS,
            free_bytes=lambda: 1 << 30,
        )
    )


def fill(config: Path, *, seed: int) -> list[Stored]:
    """Make the store of a unit, and store rows as long as there is room; return them all."""
    settings = load(config)
    key, (clock, _) = keys.load(settings.unit.key, os.environ), assembly.make_clock(settings)
    told = payload.content_bytes(declaration.content(settings, thumbprint=key.thumbprint, simulated=True))
    core = open_store(assembly.store_path(settings), settings, key=key, clock=clock)
    stored: list[Stored] = []
    try:
        core.transact(Work(declarations=[told]))
        begin_ms = clock.instant().utc_ns // NS_PER_MS // _AGO_MS * _AGO_MS - _AGO_MS
        groups = _groups(settings, begin_ms=begin_ms, told=told, rng=random.Random(seed))
        for group in groups:
            core._parts.room.measure()
            if core._parts.room._left < sum(map(row_bytes, group.data)):
                break
            stored += core.transact(Work(rows=[group], seal=True)).stored
        stats = core.stats()
        assert stats.rows_waiting + stats.sealed_rows_waiting == len(stored), "the store was not to be more than full"
    finally:
        core.close()
    return stored


def _groups(settings: Settings, *, begin_ms: int, told: bytes, rng: random.Random) -> Iterator[Rows]:
    """Yield rows of every stream, some windows at a time, for less than `_AGO_MS`."""
    step_ms = _COMMIT_WINDOWS * WINDOW_MS
    for start_ms in range(begin_ms, begin_ms + _AGO_MS - step_ms, step_ms):
        rows = [
            _row(plan.name, start_ms + number * WINDOW_MS, len(plan.spec.channels), rng)
            for number in range(_COMMIT_WINDOWS)
            for plan in settings.streams
        ]
        yield Rows(
            rows=rows,
            data=[encode_row(row.values, row.quality) for row in rows],
            declaration=sha256(told).digest(),
            clock=_CLOCK,
            completes=False,
        )


def _row(stream: str, start_ms: int, columns: int, rng: random.Random) -> Released:
    """Return a row that does not become much smaller when it is sealed: what is sealed cannot be evicted."""
    return release(
        stream,
        start_ms=start_ms,
        step_ms=WINDOW_MS,
        boot_id=None,
        values=tuple(rng.randrange(1 << 20, 1 << 30) for _ in range(columns)),
        quality=(Quality.OK,) * columns,
    )
