"""A unit's way from readings to envelopes, with noise, in a process that kills itself before a given SQL statement.

Usage: python -m tests.proofs.ledger_child FILE VARIANT FIRST_WINDOW WINDOWS KILL_AT (0 for never)

Over its standard output it tells, each in one write: `row START` after its COMMIT; `envelope HEX` when one is handed
out; `commit N` with the number of the statement; `end N`.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.buffer.outbox import Outbox
from agent.buffer.records import Limits
from agent.buffer.store import Database
from agent.given import NAME as GIVEN
from agent.given import Given
from agent.privacy.filter import StreamFilter
from agent.privacy.ledger import DAY_MS
from agent.privacy.ledgers import Ledgers, budgets_of
from agent.privacy.payment import NAME as BUDGETS
from agent.privacy.spec import Noise, Rule
from tests.support.outbox import AIR, CLOCK, DECLARATION, DIGEST, StillClock, confirm, opened, waiting
from tests.support.privacy import CARS, TEMPERATURE, reading, released, stream

STEP_MS = 60_000
FIRST_DAY_MS = 20_700 * DAY_MS
DAILY = 40
SPEC = stream(
    released(TEMPERATURE),
    released(CARS, Rule.SUM, bounds=(-(10**6), 10**6)),
    window_ms=STEP_MS,
    name="air",
    noise=Noise(epsilon=(1, 3), daily=(DAILY, 3), sensitivity=1),
)
TOGETHER, AFTERWARDS = "together", "afterwards"
"""Whether the ledger is in the transaction of the rows, or (a control that must fail) in one of its own after it."""
LIMITS = Limits(max_bytes=16 << 20, free_floor_bytes=0, loss_window_s=3600)


def tell(text: str) -> None:
    """Write one line at once."""
    os.write(1, f"{text}\n".encode())


class Statements:
    """Counts the SQL statements of the store's connections, and kills the process before one of them."""

    def __init__(self, kill_at: int) -> None:
        self.count = 0
        self._kill_at = kill_at
        real = Database._configure

        def configure(database: Database, *arguments: Any) -> None:  # noqa: ANN401 - those of the real one
            real(database, *arguments)
            connection: sqlite3.Connection = database._connection
            connection.set_trace_callback(self._next)

        setattr(Database, "_configure", configure)  # noqa: B010 - this process is made to be killed

    def _next(self, sql: str) -> None:
        self.count += 1
        if self.count == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if sql == "COMMIT":
            tell(f"commit {self.count}")


def report(stored: Sequence[tuple[str, int, int]]) -> None:
    """Tell each row that was committed."""
    for _, _, start_ms in stored:
        tell(f"row {start_ms}")


async def store(
    outbox: Outbox, made: StreamFilter, *, kept: tuple[Ledgers, Given], window: int, variant: str
) -> None:
    """Observe one window, close it, and store its row with the ledger."""
    ledgers, given = kept
    start_ms = FIRST_DAY_MS + window * STEP_MS
    made.observe("vehicles_sensor", reading(cars=window % 7), start_ms + 1)
    rows = made.advance(start_ms + STEP_MS)
    if not rows:
        return
    given.note(rows)
    ledger = {BUDGETS: ledgers.export()}
    counters = {GIVEN: given.export()} | (ledger if variant == TOGETHER else {})
    outbox.append(rows, declaration=DIGEST, clock=CLOCK, counters=counters)
    await outbox.flush()
    if variant == AFTERWARDS:
        await outbox.save_counters(BUDGETS, ledger[BUDGETS])
        await outbox.flush()


async def send(outbox: Outbox, window: int) -> None:
    """Seal what there is at times, hand it out, and have some of it receipted."""
    if window % 2:
        await outbox.seal(partial=window % 3 == 0)
    for envelope in await waiting(outbox):
        tell(f"envelope {envelope.data.hex()}")
        if window % 4 == 0:
            await confirm(outbox, envelope)


async def main(path: Path, variant: str, first: int, windows: int, statements: Statements) -> None:
    """Be a unit for some windows."""
    clock = StillClock()
    outbox = await opened(path, limits=LIMITS, streams=AIR, clock=clock, on_stored=report)
    await outbox.declare(DECLARATION)
    ledgers = Ledgers(budgets_of([SPEC]), await outbox.load_counters(BUDGETS))
    given = Given(clock.boot_id, await outbox.load_counters(GIVEN))
    made = StreamFilter(SPEC, random_bytes=os.urandom, ledger=ledgers.of(SPEC.name))
    made.synchronised = True
    made.begin(FIRST_DAY_MS + first * STEP_MS, boot_id=None, given=given.spans(SPEC.name, None))
    for window in range(first, first + windows):
        await store(outbox, made, kept=(ledgers, given), window=window, variant=variant)
        await send(outbox, window)
    await outbox.close()
    tell(f"end {statements.count}")


if __name__ == "__main__":
    asyncio.run(
        main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), Statements(int(sys.argv[5])))
    )
