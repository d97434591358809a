"""How one sensor is: its state, what is wrong with it, and what about its readings is suspicious.

In: how attempts to use it went. Out: its state, told and logged when it changes and not with every attempt. Never: a
measured value in a text.

A sensor is `absent` while it cannot be found (no bus, no acknowledge, another chip) and never has been since the
start; `ok` once it works; `failing` after anything else; `paused` from when somebody pauses it until it has worked or
failed again.
"""

import logging
from collections.abc import Callable

from agent.clock import Clock
from agent.states import SensorState
from drivers.errors import BusGone, DriverError, NoAcknowledge, WrongChip

_LOG = logging.getLogger(__name__)


class Condition:
    """How one sensor is.

    Args:
        sensor: its name, as configured.
        clock: for since when it is suspicious.
        tell: told of each change of the state; returns at once.

    Attributes:
        state: None until the first attempt has ended.
        problem: why the state is not `ok`, in words without a measured value; None when it is.
        failures: how many attempts ended in an error.
        suspicion: why readings that come are suspicious, in words without a value; None when they are not.
        suspected_mono_ns: since when there is a suspicion; None when there is none.
    """

    def __init__(self, sensor: str, *, clock: Clock, tell: Callable[[str, SensorState], None]) -> None:
        self.state: SensorState | None = None
        self.problem: str | None = None
        self.failures = 0
        self.suspicion: str | None = None
        self.suspected_mono_ns: int | None = None
        self._sensor = sensor
        self._clock = clock
        self._tell = tell
        self._was_ok = False
        self._error: type[DriverError] | None = None

    def works(self) -> None:
        """Take note that the sensor is as it should be, after it was not."""
        self._was_ok = True
        self.problem = None
        self._error = None
        self._enter(SensorState.OK)
        _LOG.info("sensor %s: ok", self._sensor)

    def failed(self, error: DriverError, *, opened: bool) -> None:
        """Take note of an attempt that ended in an error, and of whether the sensor had been opened in it."""
        self.failures += 1
        missing = not opened and not self._was_ok and isinstance(error, NoAcknowledge | BusGone | WrongChip)
        state = SensorState.ABSENT if missing else SensorState.FAILING
        self.problem = str(error)
        if state is not self.state or type(error) is not self._error:
            _LOG.warning("sensor %s: %s: %s", self._sensor, state, error)
        self._error = type(error)
        self._enter(state)

    def paused(self, reason: str) -> None:
        """Take note that somebody has paused the sensor, and why."""
        self.problem = reason
        _LOG.info("sensor %s: paused: %s", self._sensor, reason)
        self._enter(SensorState.PAUSED)

    def left_out(self, reason: str) -> None:
        """Take note that the sensor is left alone from now on, and why; whoever decides that logs it."""
        self.problem = reason
        self._enter(SensorState.FAILING)

    def suspect(self, suspicion: str | None) -> None:
        """Take note of what is suspicious now, None for nothing any more."""
        self.suspicion = suspicion
        if suspicion is None:
            self.suspected_mono_ns = None
            _LOG.info("sensor %s: no longer suspicious", self._sensor)
        else:
            self.suspected_mono_ns = self.suspected_mono_ns or self._clock.mono_ns()
            _LOG.warning("sensor %s: suspicious: %s", self._sensor, suspicion)

    def _enter(self, state: SensorState) -> None:
        if state is not self.state:
            self.state = state
            self._tell(self._sensor, state)
