"""The alarms of all streams: released rows in, what is to be told at once out. Only a unit with alarms loads this.

In: rows as they leave the filters, and which streams may tell. Out: changes to be sealed, and the state to be stored
with those very rows. Never: a value that was not released, a clock, a file, an alarm about people or vehicles.

A row that was observed from end to end decides: a value beyond the threshold raises once such windows last as long as
`hold` together, one at `clear` or behind it ends it; no value for as long as `hold`, and at least one window, makes a
raised one unknown, and the next value says which of the two it is. Between threshold and `clear` nothing changes.

What is told is bounded: each change costs `COST_MS` of windows, `MOST_MS` can be saved up, and only one that raises
may spend the last of it, so that it is always told at once. What cannot be told now is told with a later window, if
it still is so. A stream that is held tells nothing meanwhile, and then what is so in the end.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.errors import ConfigurationError
from agent.privacy.released import Released
from agent.privacy.spec import ReleasedChannel, StreamSpec
from agent.quality import Quality
from agent.wire.declared import DeclaredAlarm
from agent.wire.messages import AlarmState
from drivers.reading import Sensitivity

NAME: Final = "alarms"
"""Under this name the outbox keeps the state."""
COST_MS: Final = 600_000
"""What one change that is told costs, in ms of windows."""
MOST_MS: Final = 6 * COST_MS
_UNDECIDED: Final = frozenset({Quality.PARTIAL, Quality.THINNED})
_FORMAT: Final = 1
_LASTING: Final = 5
_LARGEST: Final = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something to be told.

    Attributes:
        row: what has decided it.
        alarm: which of its stream's.
        state: what is so from now on.
        value: of the row; None where the state is unknown.
        quality: of that value.
        number: counts the changes, those that are not told included.
    """

    row: Released
    alarm: DeclaredAlarm
    state: AlarmState
    value: int | None
    quality: Quality
    number: int


@dataclass(slots=True, kw_only=True)
class Standing:
    """How one alarm stands.

    Attributes:
        state: what is so.
        told: what the city was told last.
        number: of changes so far.
        beyond_ms: how long windows beyond the threshold have lasted together, while it is not raised.
        absent_ms: how long there has been no value, while it is raised.
        credit_ms: what may be spent on telling.
        fast_ms: for how long the cadence is still faster, in ms of windows.
    """

    state: AlarmState = AlarmState.CLEARED
    told: AlarmState = AlarmState.CLEARED
    number: int = 0
    beyond_ms: int = 0
    absent_ms: int = 0
    credit_ms: int = MOST_MS
    fast_ms: int = 0


@dataclass(slots=True)
class _Watch:
    """One alarm at work."""

    alarm: DeclaredAlarm
    standing: Standing = field(default_factory=Standing)

    def look(self, row: Released, *, may_tell: bool) -> Change | None:
        """Take a row into account; return what is to be told because of it."""
        at, step_ms = self.standing, row.step_ms
        at.credit_ms = min(MOST_MS, at.credit_ms + step_ms)
        at.fast_ms = max(0, at.fast_ms - step_ms)
        value, quality = row.values[self.alarm.channel], row.quality[self.alarm.channel]
        if quality in _UNDECIDED:
            return None
        self._become(self._unmeasured(step_ms) if value is None else self._measured(value, step_ms))
        return self._tell(row, value, quality) if may_tell else None

    def _unmeasured(self, step_ms: int) -> AlarmState:
        at = self.standing
        if at.state is AlarmState.RAISED:
            at.absent_ms += step_ms
            if at.absent_ms >= self.alarm.hold_ms:
                return AlarmState.UNKNOWN
        return at.state

    def _measured(self, value: int, step_ms: int) -> AlarmState:
        at, alarm = self.standing, self.alarm
        at.absent_ms = 0
        if value > alarm.threshold if alarm.above else value < alarm.threshold:
            if at.state is AlarmState.CLEARED:
                at.beyond_ms += step_ms
                return AlarmState.RAISED if at.beyond_ms >= alarm.hold_ms else AlarmState.CLEARED
            return AlarmState.RAISED
        at.beyond_ms = 0
        if value <= alarm.clear if alarm.above else value >= alarm.clear:
            return AlarmState.CLEARED
        return AlarmState.RAISED if at.state is AlarmState.UNKNOWN else at.state

    def _become(self, state: AlarmState) -> None:
        at = self.standing
        if state is at.state:
            return
        if state is AlarmState.RAISED and self.alarm.fast is not None:
            at.fast_ms = self.alarm.fast[1]
        at.state, at.beyond_ms, at.absent_ms = state, 0, 0
        at.number += 1

    def _tell(self, row: Released, value: int | None, quality: Quality) -> Change | None:
        """Return the change if there is one and it can be paid for: from a row that bears it out."""
        at = self.standing
        kept_ms = 0 if at.state is AlarmState.RAISED else COST_MS
        if at.state is at.told or (value is None) is not (at.state is AlarmState.UNKNOWN):
            return None
        if at.credit_ms < COST_MS + kept_ms:
            return None
        at.credit_ms -= COST_MS
        at.told = at.state
        return Change(row=row, alarm=self.alarm, state=at.state, value=value, quality=quality, number=at.number)


class Alarms:
    """The alarms of a unit.

    Args:
        streams: what each stream releases, with its alarms.
        saved: what `export` returned before; bytes that are none begin from nothing.

    Raises:
        ConfigurationError: an alarm on what tells of people, vehicles or places.
    """

    def __init__(
        self, streams: Iterable[tuple[StreamSpec, Sequence[DeclaredAlarm]]], saved: bytes | None = None
    ) -> None:
        self._watches: dict[str, list[_Watch]] = {}
        known = _restored(saved)
        for spec, alarms in streams:
            for alarm in alarms:
                _check(spec, alarm)
            watches = [_Watch(alarm, known.get((spec.name, alarm.name), Standing())) for alarm in alarms]
            if watches:
                self._watches[spec.name] = watches

    def look(self, rows: Iterable[Released], *, silent: Collection[str] = ()) -> list[Change]:
        """Take rows into account, in their order, and return what is to be told.

        Args:
            rows: what the filters have released.
            silent: streams of which nothing may leave now.
        """
        found = [
            watch.look(row, may_tell=row.stream not in silent)
            for row in rows
            for watch in self._watches.get(row.stream, ())
        ]
        return [change for change in found if change is not None]

    def fast(self) -> dict[str, int]:
        """Return the windows, in ms, of the streams whose cadence is faster now."""
        return {
            stream: watch.alarm.fast[0]
            for stream, watches in self._watches.items()
            for watch in watches
            if watch.alarm.fast is not None and watch.standing.fast_ms > 0
        }

    def told(self) -> dict[str, dict[str, AlarmState]]:
        """Return what the city was told last of each alarm, by stream and name."""
        return {
            stream: {watch.alarm.name: watch.standing.told for watch in watches}
            for stream, watches in self._watches.items()
        }

    def snapshot(self) -> dict[str, dict[str, dict[str, object]]]:
        """Return how the alarms stand, for `lamppost status`, by stream and name."""
        return {
            stream: {watch.alarm.name: _shown(watch) for watch in watches}
            for stream, watches in self._watches.items()
        }

    def standings(self) -> tuple[tuple[int, ...], ...]:
        """Return what must not be forgotten: everything but what may still be told, and for how long it is faster."""
        return tuple(_numbers(watch.standing)[:_LASTING] for watches in self._watches.values() for watch in watches)

    def export(self) -> bytes:
        """Return the state for a later `saved`; to be stored by the transaction that stores the rows."""
        standings = [
            [stream, watch.alarm.name, *_numbers(watch.standing)]
            for stream, watches in self._watches.items()
            for watch in watches
        ]
        return json.dumps({"format": _FORMAT, "alarms": standings}, separators=(",", ":")).encode()


def _check(spec: StreamSpec, alarm: DeclaredAlarm) -> None:
    """Refuse what the checker refuses: settings may come another way."""
    channels = spec.channels if alarm.fast is not None else [spec.channels[alarm.channel]]
    if not all(_tells_of_nobody(channel) for channel in channels):
        raise ConfigurationError(
            f"alarm {alarm.name} of stream {spec.name}: expected channels of class measurement that are derived from "
            "nobody; found another one. Choose another channel, or leave out the faster cadence"
        )


def _tells_of_nobody(channel: ReleasedChannel) -> bool:
    return channel.sensitivity is Sensitivity.MEASUREMENT and channel.group is None


def _shown(watch: _Watch) -> dict[str, object]:
    at = watch.standing
    shown: dict[str, object] = {"state": at.state.name.lower(), "told": at.told.name.lower(), "changes": at.number}
    return shown | {"fast_s": at.fast_ms // 1000}


def _numbers(at: Standing) -> tuple[int, ...]:
    return (int(at.state), int(at.told), at.number, at.beyond_ms, at.absent_ms, at.credit_ms, at.fast_ms)


def _restored(saved: bytes | None) -> Mapping[tuple[str, str], Standing]:
    """Return the standings in bytes from `export`; none from other bytes: each begins from nothing then."""
    try:
        fields = json.loads(saved or b"{}")
        if not isinstance(fields, dict) or fields.get("format") != _FORMAT:
            return {}
        return {(str(stream), str(name)): _standing(numbers) for stream, name, *numbers in fields["alarms"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def _standing(numbers: Sequence[object]) -> Standing:
    state, told, *counts = numbers
    number, beyond_ms, absent_ms, credit_ms, fast_ms = (_count(count) for count in counts)
    return Standing(
        state=AlarmState(_count(state)),
        told=AlarmState(_count(told)),
        number=number,
        beyond_ms=beyond_ms,
        absent_ms=absent_ms,
        credit_ms=min(credit_ms, MOST_MS),
        fast_ms=fast_ms,
    )


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise ValueError("a count is a number from 0")
    return value
