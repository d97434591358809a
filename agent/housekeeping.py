"""What a unit at work looks after every few seconds, whatever it measures.

In: the stages. Out: what the status says of them, a signed head of the disclosure log when one is due, a word to the
city when something is other than it was told, an end of the process when only that helps. Never: a reading, a row.
"""

import contextlib
from typing import Final

from agent.disclosure import DailyHead
from agent.errors import StoreError
from agent.process import give_memory_back
from agent.service import STALL_S, Stages

_PERIOD_S: Final = 5.0
_ANNOUNCE_NS: Final = 60 * 1_000_000_000
_GIVE_BACK_NS: Final = 600 * 1_000_000_000


class Housekeeping:
    """Looks at the stages of a unit, again and again.

    Args:
        stages: of the unit.
    """

    def __init__(self, stages: Stages) -> None:
        self._s = stages
        self._announced: tuple[object, int] = (({}, frozenset()), 0)
        self._give_back_ns = stages.clock.mono_ns() + _GIVE_BACK_NS
        self._head = DailyHead(
            stages.settings.unit.id,
            clock=stages.clock,
            log_head=stages.outbox.log_head,
            tell=stages.outbox.tell,
        )

    async def run(self) -> None:
        """Refresh what the status says, and see to what hangs, for ever.

        Raises:
            RestartNeeded: something hangs that only a new process can mend.
        """
        beat = self._s.health.register("sensors", deadline_s=STALL_S)
        while True:
            self._s.reporter.stats = stats = await self._s.outbox.stats()
            if self._s.reporter.flash is not None:
                self._s.reporter.flash.look(stats)
            beat()
            hung = self._s.supervisor.look(self._s.reporter.pollers)
            with contextlib.suppress(StoreError):
                if await self._head.look():
                    self._s.publisher.look()
            self._s.health.describe(f"hung: {', '.join(hung)}" if hung else self._summary())
            self.announce()
            self.give_back()
            await self._s.clock.sleep(min(_PERIOD_S, self._s.health.period_s))

    def announce(self) -> None:
        """Have the city told when a sensor's state or a suspicion has changed, but not of every flutter."""
        (told, due_ns), now_ns = self._announced, self._s.clock.mono_ns()
        known = dict(self._s.windows.states), self._s.reporter.suspected()
        if known != told and now_ns >= due_ns:
            self._announced = known, now_ns + _ANNOUNCE_NS
            self._s.publisher.announce()

    def give_back(self) -> None:
        """Every ten minutes give back memory that is free: a burst of rows or a long answer leaves some behind."""
        if (now_ns := self._s.clock.mono_ns()) >= self._give_back_ns:
            self._give_back_ns = now_ns + _GIVE_BACK_NS
            give_memory_back()

    def _summary(self) -> str:
        states = [state.value for state in self._s.windows.states.values()]
        uplink = "connected" if self._s.publisher.state().connected else "not connected"
        return f"{states.count('ok')} of {len(self._s.reporter.pollers)} sensors ok; {uplink}"
