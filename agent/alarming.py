"""Alarms at work in a unit: what the windows have released goes through `agent.alarms`, what is to be told comes out.

In: closed windows, the city's orders. Out: contents of alarms for the outbox, and the state to be stored with the
rows. Never: a word about a stream that is held or suspended. Only a unit with alarms loads this.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

from agent.alarms import NAME, Alarms, Change
from agent.config.plans import StreamPlan
from agent.windows import Closed
from agent.wire.alarm import encode_content
from agent.wire.messages import EPOCH_BYTES, Alarm, AlarmState, ClockStamp
from agent.wire.orders import Order

__all__ = ["NAME", "Alarming"]

_LOG = logging.getLogger(__name__)


class Alarming:
    """Tells.

    Args:
        streams: of the configuration.
        saved: what the outbox has kept under `NAME`.
        orders: tells how the city wants streams: run, held or suspended.
        simulated: whether a simulated bus is behind a sensor.

    Raises:
        ConfigurationError: an alarm on what tells of somebody.
    """

    def __init__(
        self,
        streams: Sequence[StreamPlan],
        saved: bytes | None,
        *,
        orders: Callable[[list[str]], Mapping[str, Order]],
        simulated: Callable[[], bool],
    ) -> None:
        self._alarms = Alarms([(plan.spec, plan.alarms) for plan in streams], saved)
        self._names = [plan.name for plan in streams]
        self._orders = orders
        self._simulated = simulated
        self._kept: object = self._alarms.standings()

    def look(self, closed: Closed, *, declaration: bytes) -> list[tuple[str, bytes]]:
        """Return the alarms that these rows raise, end or make unknown: stream and content of each."""
        changes = self._alarms.look(closed.rows, silent=self._silent())
        for change in changes:
            name, state = change.alarm.name, change.state.name.lower()
            _LOG.info("alarm %s of stream %s is %s", name, change.row.stream, state)
        return [(change.row.stream, self._content(change, declaration, closed.clock)) for change in changes]

    def counters(self, *, early: bool = False) -> dict[str, bytes]:
        """Return what is to be stored with the rows that were last looked at: nothing while nothing has changed.

        What may still be told, and for how long the cadence is faster, is no reason: after a kill the one may be less
        than it was, the other more. It is stored all the same when windows were closed `early`: the unit may stop.
        """
        standings = self._alarms.standings()
        if standings == self._kept and not early:
            return {}
        self._kept = standings
        return {NAME: self._alarms.export()}

    def fast(self) -> dict[str, int]:
        """Return the windows, in ms, of the streams whose cadence is faster now."""
        return self._alarms.fast()

    def raised(self) -> dict[tuple[str, str], AlarmState]:
        """Return the alarms that the city was told last are raised or unknown, of streams that may tell."""
        silent = self._silent()
        return {
            (stream, name): state
            for stream, alarms in self._alarms.told().items()
            for name, state in alarms.items()
            if state is not AlarmState.CLEARED and stream not in silent
        }

    def snapshot(self) -> dict[str, dict[str, dict[str, object]]]:
        """Return how the alarms stand, for `lamppost status`, by stream and name."""
        return self._alarms.snapshot()

    def _silent(self) -> frozenset[str]:
        states = self._orders(self._names)
        return frozenset(stream for stream, order in states.items() if order is not Order.RUN)

    def _content(self, change: Change, declaration: bytes, clock: ClockStamp) -> bytes:
        """Return an alarm without its place, which the outbox gives it."""
        row = change.row
        return encode_content(
            Alarm(
                epoch=bytes(EPOCH_BYTES),
                stream=row.stream,
                seq=0,
                prev=None,
                name=change.alarm.name,
                state=change.state,
                start_ms=row.start_ms,
                step_ms=row.step_ms,
                boot_id=row.boot_id,
                value=change.value,
                quality=change.quality,
                number=change.number,
                declaration=declaration,
                clock=clock,
                simulated=self._simulated(),
            )
        )
