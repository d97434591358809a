"""Tells a sensor that is stuck on one value from one that measures: what measures is never quite still.

In: readings of one sensor. Out: which channels have not moved for how long. Never: a value in a text; a look at
channels that tell of people, vehicles or places.

A chip that hangs goes on answering, and its checksums are right: it gives its last value for ever. Temperature,
humidity, pressure and gases have noise of more than a step of their converters, so a channel of these that has not
moved by a single step for a day is suspicious. What may rest is not judged unless the configuration says so: rain,
light at night, levels, voltages. Neither is a value at an end of its range: no rain, fog, a sensor that is saturated,
which is told otherwise. Nothing is withheld because of a suspicion: it is for people.
"""

from collections.abc import Iterable
from typing import Final

from drivers.reading import Channel, Reading, Sensitivity, Value

_NS: Final = 1_000_000_000
_HOUR_S: Final = 3600
AFTER_S: Final = 24.0 * _HOUR_S
"""Where the configuration says nothing."""
RESTLESS: Final = frozenset({"Cel", "%RH", "Pa", "hPa", "ppm"})
"""Units of what never rests, as far as our chips resolve it."""
SAMPLES: Final = 10
"""As many samples must have been the same: a slow sensor is not judged by its first few."""


class Steadiness:
    """Watches the channels of one sensor.

    Args:
        channels: of the sensor's model.
        after_s: seconds without a change after which a channel is suspicious; 0 for never. None for the default,
            which holds for what never rests only.

    Attributes:
        stuck: the channels that are suspicious now, in the order of the model.
    """

    def __init__(self, channels: Iterable[Channel], *, after_s: float | None) -> None:
        self._after_ns = int((AFTER_S if after_s is None else after_s) * _NS)
        self._watched = {
            channel.name: _Still(channel)
            for channel in channels
            if self._after_ns and may_be_watched(channel) and (after_s is not None or channel.unit in RESTLESS)
        }
        self.stuck: tuple[str, ...] = ()

    def look(self, reading: Reading) -> bool:
        """Take a reading into account; return whether what is stuck has changed by it."""
        if not self._watched:
            return False
        stuck = tuple(
            name
            for name, still in self._watched.items()
            if still.lasts_ns(reading) >= self._after_ns and still.judged
        )
        changed, self.stuck = stuck != self.stuck, stuck
        return changed

    @property
    def problem(self) -> str | None:
        """What is suspicious, in words without a value; None when nothing is."""
        if not self.stuck:
            return None
        names = " and ".join(self.stuck)
        return f"{names} has not moved by a single step for {_span(self._after_ns // _NS)}: the sensor may be stuck"


class _Still:
    """One channel: what it showed, and since when. The value stays in here."""

    __slots__ = ("_channel", "_count", "_shown", "_since_ns")

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._shown: tuple[Value, int | None] | None = None
        self._since_ns = self._count = 0

    @property
    def judged(self) -> bool:
        """Whether there were enough samples."""
        return self._count >= SAMPLES

    def lasts_ns(self, reading: Reading) -> int:
        """Return how long the channel has shown what it shows now, and the converter its count behind it."""
        value = reading.values.get(self._channel.name)
        if value is None or value in {self._channel.minimum, self._channel.maximum}:
            self._shown = None
            return 0
        shown = value, reading.raw.get(self._channel.name)
        if shown != self._shown:
            self._shown, self._since_ns, self._count = shown, reading.mono_ns, 0
        self._count += 1
        return reading.mono_ns - self._since_ns


def may_be_watched(channel: Channel) -> bool:
    """Return whether a channel tells of things only: what is derived from people is not looked at here, however."""
    return channel.sensitivity is Sensitivity.MEASUREMENT and channel.group is None


def _span(seconds: int) -> str:
    return f"{seconds // _HOUR_S} h" if seconds % _HOUR_S == 0 else f"{seconds} s"
