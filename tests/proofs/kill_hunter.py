"""One unit of `tests.proofs.kill`: it is started, watched, killed and looked into, again and again."""

import asyncio
import contextlib
import random
import sqlite3
import time
from collections.abc import Sequence

from tests.proofs.kill_aims import AIMS, WAYS, Aim, State
from tests.support.evidence import Place, Start, StoreView, look
from tests.support.rig import Rig, Stored, Unit, until
from tests.support.tap import SUBACK, Seen, Tap
from tests.support.trace import Trace
from tests.support.watch import WriteWatch


class Hunter:
    """One unit, killed again and again.

    Attributes:
        trace: its packets.
        found: rows that its store held after a kill.
        view: its store after the last kill.
        session: the broker granted the subscriptions of this life.
        active_s: when something was last sent, written or reported.
        new: envelopes published in this life.
        withhold: ways to keep an envelope in flight.
        watch: tells of writes to the WAL.
    """

    def __init__(self, unit: Unit, tap: Tap, *, rng: random.Random, rig: Rig) -> None:
        self.unit = unit
        self.tap = tap
        self.rng = rng
        self.trace = Trace(unit.key.public, rig.receiver.key.public)
        self.found: set[Start] = set()
        self.view: StoreView | None = None
        self.session = False
        self.active_s = 0.0
        self.new: set[Place] = set()
        self.killed_s = 0.0
        self.withhold: Sequence[str] = WAYS
        self.watch = WriteWatch(unit.store.with_name("outbox.db-wal"), self._wrote)
        self._aim = Aim(self)
        tap.gate = self._gate
        unit.on_stored = self._stored

    # -- what is seen

    def _gate(self, seen: Seen) -> bool:
        self.active_s = time.monotonic()
        if self.killed_s:  # what it had sent before it died still arrives; nothing is asked any more
            content = self.trace.read(seen)
            self.trace.passed(seen, content)
            return True
        if seen.kind == SUBACK:
            self.session = True
        content = self.trace.read(seen)
        if content is not None and seen.to_broker:
            self.new.add((content.stream, content.epoch, content.seq))
        passed = self._aim.packet(seen, content)
        if passed:
            self.trace.passed(seen, content)
        return passed

    def _stored(self, row: Stored) -> None:
        self.active_s = time.monotonic()
        if not self.killed_s:
            self._aim.row(row)

    def _wrote(self) -> None:
        """Take note of a write to the WAL."""
        self.active_s = time.monotonic()
        if not self.killed_s:
            self._aim.wrote()

    # -- what is done

    def fire(self, delay_s: float = 0.0) -> None:
        """Kill the agent, now or a little later."""
        if delay_s > 0:
            aim = self._aim
            asyncio.get_running_loop().call_later(delay_s, lambda: self.fire() if self._aim is aim else None)
        elif not self.killed_s:
            self.unit.kill()
            self.killed_s = time.monotonic()
            self._aim.freeze()

    async def hunt(self, state: State) -> tuple[bool, str]:
        """Run the agent and kill it in `state`; return whether that was hit, and how."""
        self._aim = aim = AIMS[state](self)
        self.session, self.killed_s = False, 0.0
        self.new.clear()
        self.trace.forget_session()
        self.active_s = time.monotonic()
        self.unit.start()
        chase = asyncio.create_task(aim.chase())
        with contextlib.suppress(TimeoutError):
            await until(lambda: self._is_over(chase), what="a chance", deadline_s=aim.life_s)
        chase.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await chase
        assert self.killed_s or not self.unit.dead or aim.told_to_stop, self.unit.log.read_text()[-2000:]
        if not self.killed_s:
            self.fire()
        await self._bury()
        assert self.view is not None
        return aim.verdict(self.view)

    def _is_over(self, chase: asyncio.Task[None]) -> bool:
        failed = chase.done() and chase.exception() is not None
        return bool(self.killed_s) or self.unit.dead or failed

    async def _bury(self) -> None:
        """Wait until the agent is gone and all that it sent has been seen; then look into its store."""
        await self.unit.gone()
        with contextlib.suppress(TimeoutError):
            await until(lambda: not self.tap.connections, what="end of the connection", deadline_s=2)
        self.view = look(self.unit.store, key=self.unit.key.public)
        self.found |= self.view.held

    async def drain(self, patience_s: float) -> None:
        """Run the agent undisturbed until nothing waits in its store."""
        self._aim = Aim(self)
        end = time.monotonic() + patience_s
        while True:
            self.session, self.killed_s = False, 0.0
            self.trace.forget_session()
            self.unit.start()
            await until(lambda: self.session, what="a session")
            await self._catch_up(end)
            assert await self.unit.stop() == 0, self.unit.log.read_text()[-2000:]
            self.killed_s = time.monotonic()
            self.view = look(self.unit.store, key=self.unit.key.public)
            self.found |= self.view.held
            if not self.view.held or time.monotonic() > end:
                return

    async def _catch_up(self, end: float) -> None:
        """Return when nothing but the newest rows waits, or at the end of patience."""
        while time.monotonic() < end:
            await asyncio.sleep(0.2)
            if time.monotonic() - self.active_s > 0.1:  # so that the copy is whole
                with contextlib.suppress(sqlite3.Error):
                    view = look(self.unit.store, key=self.unit.key.public)
                    if len(view.held) <= 4 * len(self.unit.plan.streams):
                        return
