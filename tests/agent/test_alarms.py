import re
from collections.abc import Collection
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.alarms import COST_MS, MOST_MS, Alarms, Change
from agent.errors import ConfigurationError
from agent.privacy.released import Released, release
from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from agent.quality import Quality
from agent.wire.declared import DeclaredAlarm
from agent.wire.messages import AlarmState
from drivers.reading import Channel, Sensitivity

STEP_MS = 60_000
CLEARED, RAISED, UNKNOWN = AlarmState
_LEVELS = {"B": 41, "m": 39, "C": 38}
"""Beyond 40, between, and where it ends: 38."""


def _channel(name: str = "level", **source: Any) -> ReleasedChannel:  # noqa: ANN401 - any field of a channel
    return ReleasedChannel(
        name=name,
        sensor="drain",
        source=Channel(name=name, title=name, unit="m", minimum=0, maximum=100, **source),
        rule=Rule.MEAN,
        unit="m",
        exponent=0,
        resolution=1,
        minimum=0,
        maximum=100,
    )


def _spec(*channels: ReleasedChannel) -> StreamSpec:
    return StreamSpec(name="drain", window_ms=STEP_MS, channels=channels or (_channel(),))


def _alarm(**changes: Any) -> DeclaredAlarm:  # noqa: ANN401 - any field of an alarm
    plain: dict[str, Any] = {"name": "flood", "channel": 0, "above": True, "threshold": 40, "clear": 38}
    return DeclaredAlarm(**(plain | changes))


def _alarms(saved: bytes | None = None, **changes: Any) -> Alarms:  # noqa: ANN401 - as above
    return Alarms([(_spec(), [_alarm(**changes)])], saved)


def _row(index: int, value: int | None, *, quality: Quality | None = None, step_ms: int = STEP_MS) -> Released:
    code = quality or (Quality.SENSOR_FAILING if value is None else Quality.OK)
    return release("drain", start_ms=index * step_ms, step_ms=step_ms, boot_id=None, values=(value,), quality=(code,))


def _rows(word: str, *, step_ms: int = STEP_MS) -> list[Released]:
    return [_row(index, _LEVELS.get(letter), step_ms=step_ms) for index, letter in enumerate(word)]


def _told(alarms: Alarms, word: str, *, silent: Collection[str] = ()) -> list[tuple[int, AlarmState]]:
    """Return the number of the window and the state of each change that is told."""
    return [(change.row.start_ms // STEP_MS, change.state) for change in alarms.look(_rows(word), silent=silent)]


def _state_by_words(word: str, hold: int) -> AlarmState:
    """Return the state after the windows in `word`, by what the documentation says, without keeping one."""
    tail = word.rpartition("C")[2]
    beyond = re.search("B" + "-*B" * (max(1, hold) - 1), tail)
    if beyond is None:
        return CLEARED
    silence = re.search("-*$", tail[beyond.end() :])
    return UNKNOWN if silence is not None and len(silence[0]) >= max(1, hold) else RAISED


_WORDS = st.text("BmC-", max_size=60)


@given(_WORDS, st.integers(0, 4))
def test_state_of_an_alarm_is_what_the_windows_until_then_say(word: str, hold: int) -> None:
    alarms = _alarms(hold_ms=hold * STEP_MS)
    for end, row in enumerate(_rows(word), 1):
        alarms.look([row])
        assert alarms.snapshot()["drain"]["flood"]["state"] == _state_by_words(word[:end], hold).name.lower()


@given(_WORDS, st.integers(0, 4))
def test_changes_are_counted_whether_or_not_they_are_told(word: str, hold: int) -> None:
    alarms = _alarms(hold_ms=hold * STEP_MS)
    found = alarms.look(_rows(word))
    states = [_state_by_words(word[:end], hold) for end in range(len(word) + 1)]
    changes = sum(before is not after for before, after in pairwise(states))
    assert alarms.snapshot()["drain"]["flood"]["changes"] == changes
    assert all(later.number > earlier.number for earlier, later in pairwise(found))


@given(_WORDS, st.integers(0, 4), st.sampled_from([1000, STEP_MS, COST_MS, 10 * COST_MS]))
def test_what_is_told_is_bounded_true_and_never_said_twice(word: str, hold: int, step_ms: int) -> None:
    alarms = _alarms(hold_ms=hold * step_ms)
    found: list[Change] = []
    for end, row in enumerate(_rows(word, step_ms=step_ms), 1):
        new = alarms.look([row])
        state = _state_by_words(word[:end], hold)
        assert [change.state for change in new] in ([], [state])
        found += new
        assert len(found) <= (MOST_MS + end * step_ms) // COST_MS
        if state is RAISED and word[end - 1] != "-":
            assert alarms.told()["drain"]["flood"] is RAISED, "one that raises never waits"
    states = [CLEARED, *(change.state for change in found)]
    assert all(before is not after for before, after in pairwise(states))


@given(_WORDS, st.integers(0, 4), st.sampled_from("BmC-"))
def test_state_that_lasts_is_told(word: str, hold: int, last: str) -> None:
    alarms = _alarms(hold_ms=hold * STEP_MS)
    lasting = word + last * (2 * COST_MS // STEP_MS + 4)
    alarms.look(_rows(lasting))
    shown = alarms.snapshot()["drain"]["flood"]
    pending = last == "-" and shown["state"] == "cleared"
    assert shown["told"] == shown["state"] or pending, "only what needs a value may wait for one"


@given(_WORDS, _WORDS, st.integers(0, 4), st.sampled_from([None, (10_000, 300_000)]))
def test_alarms_that_are_saved_and_restored_go_on_as_if_nothing_had_been(
    before: str, after: str, hold: int, fast: tuple[int, int] | None
) -> None:
    changes: dict[str, Any] = {"hold_ms": hold * STEP_MS, "fast": fast}
    whole, first = _alarms(**changes), _alarms(**changes)
    rows = _rows(before + after)
    expected = whole.look(rows)
    found = first.look(rows[: len(before)])
    second = _alarms(first.export(), **changes)
    found += second.look(rows[len(before) :])
    assert found == expected
    assert second.export() == whole.export()
    assert second.fast() == whole.fast()


@given(_WORDS, st.integers(0, 4))
def test_alarm_below_is_the_mirror_image_of_one_above(word: str, hold: int) -> None:
    below = Alarms([(_spec(), [_alarm(above=False, threshold=60, clear=62, hold_ms=hold * STEP_MS)])])
    mirrored = [
        release("drain", start_ms=row.start_ms, step_ms=row.step_ms, boot_id=None, values=values, quality=row.quality)
        for row in _rows(word)
        for values in (tuple(None if value is None else 100 - value for value in row.values),)
    ]
    above = _alarms(hold_ms=hold * STEP_MS)
    expected = [(change.row.start_ms, change.state) for change in above.look(_rows(word))]
    assert [(change.row.start_ms, change.state) for change in below.look(mirrored)] == expected


@pytest.mark.parametrize(
    ("word", "hold", "told"),
    [
        pytest.param("CmBmB", 0, [(2, RAISED)], id="between changes nothing"),
        pytest.param("BC", 0, [(0, RAISED), (1, CLEARED)], id="there and back"),
        pytest.param("BBmBBB", 3, [(5, RAISED)], id="hold begins anew behind the threshold"),
        pytest.param("B-B-B", 3, [(4, RAISED)], id="no value does not count"),
        pytest.param("B-", 0, [(0, RAISED), (1, UNKNOWN)], id="a sensor that fails is no end"),
        pytest.param("B-m", 0, [(0, RAISED), (1, UNKNOWN), (2, RAISED)], id="back between"),
        pytest.param("B-C", 0, [(0, RAISED), (1, UNKNOWN), (2, CLEARED)], id="back and over"),
        pytest.param("--C-", 0, [], id="nothing to be unknown"),
        pytest.param("BB-B--", 2, [(1, RAISED), (5, UNKNOWN)], id="unknown is held too"),
    ],
)
def test_windows_tell(word: str, hold: int, told: list[tuple[int, AlarmState]]) -> None:
    assert _told(_alarms(hold_ms=hold * STEP_MS), word) == told


@pytest.mark.parametrize("quality", [Quality.PARTIAL, Quality.THINNED])
def test_window_that_was_not_observed_from_end_to_end_decides_nothing(quality: Quality) -> None:
    alarms = _alarms()
    assert alarms.look([_row(0, 41, quality=quality)]) == []
    assert _told(alarms, "B") == [(0, RAISED)]
    assert alarms.look([_row(1, 30, quality=quality), _row(2, None, quality=quality)]) == []


def test_saturated_value_counts() -> None:
    (change,) = _alarms().look([_row(0, 100, quality=Quality.SATURATED)])
    assert (change.state, change.value, change.quality) == (RAISED, 100, Quality.SATURATED)


def test_unknown_is_told_without_a_value_and_with_the_reason() -> None:
    *_, change = _alarms().look(_rows("B-"))
    assert (change.state, change.value, change.quality) == (UNKNOWN, None, Quality.SENSOR_FAILING)


def test_held_stream_tells_nothing_and_then_what_is_so_in_the_end() -> None:
    alarms = _alarms()
    assert _told(alarms, "BCB", silent={"drain"}) == []
    (change,) = alarms.look(_rows("B"))
    assert (change.state, change.number) == (RAISED, 3)
    assert _told(alarms, "C", silent={"another"}) == [(0, CLEARED)]


def test_held_stream_in_which_nothing_has_changed_in_the_end_tells_nothing() -> None:
    alarms = _alarms()
    assert _told(alarms, "BC", silent={"drain"}) == []
    assert _told(alarms, "C") == []


def test_rows_of_a_stream_without_alarms_are_nobodys_business() -> None:
    alarms = Alarms([(_spec(), [])])
    assert alarms.look(_rows("B")) == []
    assert (alarms.fast(), alarms.told(), alarms.snapshot()) == ({}, {}, {})


def test_two_alarms_of_a_stream_tell_each_for_itself() -> None:
    alarms = Alarms([(_spec(), [_alarm(), _alarm(name="high water", threshold=50, clear=45)])])
    told = [(change.alarm.name, change.state) for change in alarms.look([_row(0, 41), _row(1, 51), _row(2, 30)])]
    assert told == [("flood", RAISED), ("high water", RAISED), ("flood", CLEARED), ("high water", CLEARED)]


def test_raised_alarm_makes_the_cadence_faster_for_its_time_and_again_when_it_is_raised_again() -> None:
    alarms = _alarms(fast=(10_000, 120_000))
    assert alarms.fast() == {}
    alarms.look(_rows("B"))
    assert alarms.fast() == {"drain": 10_000}
    alarms.look(_rows("BBBBBB", step_ms=10_000))
    assert alarms.fast() == {"drain": 10_000}
    alarms.look(_rows("BBBBBB", step_ms=10_000))
    assert alarms.fast() == {}
    alarms.look(_rows("CB"))
    assert alarms.fast() == {"drain": 10_000}


@pytest.mark.parametrize(
    "saved",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"format":2,"alarms":[]}',
        b'{"format":1}',
        b'{"format":1,"alarms":[["drain","flood",1]]}',
        b'{"format":1,"alarms":[["drain","flood",3,0,0,0,0,0,0]]}',
        b'{"format":1,"alarms":[["drain","flood",1,0,-1,0,0,0,0]]}',
        b'{"format":1,"alarms":[["drain","flood",1,0,1.5,0,0,0,0]]}',
        b'{"format":1,"alarms":[["drain","flood",true,0,0,0,0,0,0]]}',
    ],
)
def test_state_that_is_damaged_begins_from_nothing(saved: bytes) -> None:
    assert _told(_alarms(saved), "B") == [(0, RAISED)]


def test_alarm_that_was_raised_under_other_thresholds_is_judged_by_the_new_ones() -> None:
    before = _alarms()
    before.look(_rows("B"))
    after = _alarms(before.export(), threshold=60, clear=50)
    assert _told(after, "B") == [(0, CLEARED)]


@pytest.mark.parametrize(
    "source",
    [{"group": "devices"}, {"sensitivity": Sensitivity.COUNT}, {"sensitivity": Sensitivity.LOCATION}],
    ids=["group", "count", "location"],
)
def test_alarm_or_cadence_on_what_tells_of_somebody_is_refused_whoever_made_the_settings(
    source: dict[str, Any],
) -> None:
    with pytest.raises(ConfigurationError, match="derived from"):
        Alarms([(_spec(_channel(**source)), [_alarm()])])
    beside = _spec(_channel(), _channel("other", **source))
    with pytest.raises(ConfigurationError, match="faster cadence"):
        Alarms([(beside, [_alarm(fast=(10_000, 60_000))])])
    assert Alarms([(beside, [_alarm()])]).told() == {"drain": {"flood": CLEARED}}
