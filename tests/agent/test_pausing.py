"""Sensors that two reasons may pause, with clocks that are set late, stepped, and changed to summer time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.clock import Instant
from agent.config.plans import ClockSettings, ClockSource
from agent.pausing import LOOK_AGAIN_S, ON_ORDER, SOONEST_S, Quieter
from agent.privacy.spec import Rule
from tests.support.pausing import plan
from tests.support.privacy import HUMIDITY, MAC, TEMPERATURE, released, stream

NIGHT = ((22 * 60, 6 * 60),)
AIR = stream(released(TEMPERATURE, sensor="weather"), name="air")
DAMP = stream(released(HUMIDITY, sensor="weather"), released(HUMIDITY, sensor="shed", name="shed"), name="damp")
DEVICES = stream(released(MAC, Rule.COUNT_DISTINCT, sensor="scanner"), name="devices", k=10)
STREAMS = (AIR, DAMP, DEVICES)
SENSORS = ("weather", "shed", "scanner", "idle", "gnss")
NOON = datetime(2026, 6, 10, 10, tzinfo=UTC)
"""12:00 in Berlin."""


class Poller:
    """Writes down what it is told."""

    def __init__(self, sensor: str) -> None:
        self.sensor = sensor
        self.reason: str | None = None
        self.told: list[str] = []

    def pause(self, reason: str) -> None:
        self.reason = reason
        self.told.append(reason)

    def resume(self) -> None:
        self.reason = None
        self.told.append("resume")


class Bench:
    """A quieter with its pollers, and a clock that a test moves."""

    def __init__(
        self,
        *,
        quiet: Sequence[str] = ("scanner",),
        hours: tuple[tuple[int, int], ...] = NIGHT,
        source: ClockSource = ClockSource.GNSS,
    ) -> None:
        self.pollers = {name: Poller(name) for name in SENSORS}
        self.quieter = Quieter(
            self.pollers.values(),
            sensors=[plan(name, hours if name in quiet else ()) for name in SENSORS],
            streams=STREAMS,
            clock=ClockSettings(
                source=source, gnss="gnss" if source is ClockSource.GNSS else None, timezone="Europe/Berlin"
            ),
        )

    def update(self, at: datetime, *suspended: str, dated: bool = True) -> set[str]:
        """Return the sensors that are paused after an update."""
        utc_ns = int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) * 1000
        now = Instant(mono_ns=0, utc_ns=utc_ns, synchronised=dated, error_ms=1 if dated else None)
        self.quieter.update(now, suspended=set(suspended))
        return {name for name, poller in self.pollers.items() if poller.reason is not None}


def berlin(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return a time of 10 June 2026 in Berlin."""
    return NOON + timedelta(hours=hour - 12, minutes=minute, seconds=second)


# -- quiet hours


def test_sensor_is_paused_in_its_quiet_hours_and_no_other_is() -> None:
    bench = Bench()
    assert bench.update(berlin(21, 59, 59)) == set()
    assert bench.update(berlin(22)) == {"scanner"}
    assert bench.update(berlin(23)) == {"scanner"}
    assert bench.update(berlin(24 + 6)) == set()
    assert bench.pollers["scanner"].told == ["quiet hours until 06:00", "resume"], "told when it changes, not else"
    assert not any(bench.pollers[name].told for name in ("weather", "shed", "idle", "gnss"))


def test_unset_clock_counts_as_quiet_for_sensors_that_have_quiet_hours() -> None:
    bench = Bench()
    assert bench.update(NOON, dated=False) == {"scanner"}
    assert bench.pollers["scanner"].reason == "quiet hours: the clock is not set, so every hour counts as one"
    assert bench.update(NOON) == set()


def test_hours_that_leave_nothing_of_the_day_have_no_end() -> None:
    bench = Bench(hours=((0, 1440),))
    assert bench.update(NOON) == {"scanner"}
    assert bench.pollers["scanner"].reason == "quiet hours all day"


def test_sensor_that_sets_the_clock_has_no_quiet_hours() -> None:
    with pytest.raises(AssertionError, match="gnss"):
        Bench(quiet=["gnss"])
    assert Bench(quiet=["gnss"], source=ClockSource.KERNEL).update(berlin(23)) == {"gnss"}


# -- orders


def test_sensor_is_paused_on_order_when_every_stream_that_it_feeds_is_suspended() -> None:
    bench = Bench()
    assert bench.update(NOON, "air") == set(), "weather feeds damp, too"
    assert bench.update(NOON, "damp") == {"shed"}
    assert bench.update(NOON, "air", "damp") == {"weather", "shed"}
    assert bench.pollers["weather"].reason == ON_ORDER
    assert bench.update(NOON, "air") == set()


def test_sensor_without_a_stream_is_paused_when_all_of_the_unit_are_suspended() -> None:
    bench = Bench()
    assert "idle" not in bench.update(NOON, "air", "damp")
    assert "idle" in bench.update(NOON, "air", "damp", "devices")


def test_sensor_that_sets_the_clock_goes_on_whatever_is_suspended() -> None:
    everything = [spec.name for spec in STREAMS]
    assert Bench().update(NOON, *everything) == {"weather", "shed", "scanner", "idle"}
    assert "gnss" in Bench(source=ClockSource.KERNEL).update(NOON, *everything)


def test_unit_without_streams_pauses_nothing() -> None:
    poller = Poller("weather")
    clock = ClockSettings(source=ClockSource.KERNEL, gnss=None, timezone="UTC")
    quieter = Quieter([poller], sensors=[plan("weather", ())], streams=(), clock=clock)
    quieter.update(Instant(mono_ns=0, utc_ns=0, synchronised=True, error_ms=0), suspended=set())
    assert poller.told == []


# -- both


def test_sensor_goes_on_only_when_neither_reason_holds() -> None:
    bench = Bench()
    assert bench.update(berlin(22), "devices") == {"scanner"}
    assert bench.pollers["scanner"].reason == ON_ORDER, "the order outlasts the night, so it is what is told"
    assert bench.update(berlin(23)) == {"scanner"}
    assert bench.update(berlin(23, 1), "devices") == {"scanner"}
    assert bench.update(berlin(24 + 6), "devices") == {"scanner"}
    assert bench.update(berlin(24 + 6, 1)) == set()
    assert "resume" not in bench.pollers["scanner"].told[:-1]


# -- when to look again


@pytest.mark.parametrize(
    ("at", "expected_s"),
    [
        pytest.param(berlin(12), LOOK_AGAIN_S, id="far"),
        pytest.param(berlin(21, 59, 57), 3, id="near"),
        pytest.param(berlin(21, 59, 59) + timedelta(microseconds=999_999), SOONEST_S, id="now"),
        pytest.param(berlin(24 + 5, 59, 58), 2, id="end"),
    ],
)
def test_next_change_is_when_the_nearest_quiet_hours_begin_or_end(at: datetime, expected_s: float) -> None:
    bench = Bench()
    bench.update(at)
    assert bench.quieter.next_change_s == pytest.approx(expected_s)


def test_next_change_of_an_unset_clock_is_soon_as_it_may_be_set() -> None:
    bench = Bench()
    bench.update(NOON, dated=False)
    assert bench.quieter.next_change_s == LOOK_AGAIN_S


# -- anything

EVE_OF_SUMMER_TIME = datetime(2026, 3, 28, 12, tzinfo=UTC)
EVE_OF_WINTER_TIME = datetime(2026, 10, 24, 12, tzinfo=UTC)
MOVES = st.lists(
    st.tuples(
        st.integers(-7200, 86_400),
        st.sets(st.sampled_from([spec.name for spec in STREAMS])),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(
    moves=MOVES, start=st.sampled_from([datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)])
)
def test_sensor_runs_exactly_when_neither_its_hours_nor_an_order_forbid_it(
    moves: list[tuple[int, set[str], bool]], start: datetime
) -> None:
    """Whatever the clock does and whatever is suspended in between: only the present counts."""
    bench = Bench(quiet=["scanner", "weather"], hours=((120, 180), (1380, 60)))
    zone = bench.quieter._watches[0]._hours._zone
    at = start
    for elapsed_s, suspended, dated in moves:
        at += timedelta(seconds=elapsed_s)
        paused = bench.update(at, *suspended, dated=dated)
        local = at.astimezone(zone)
        quiet = not dated or local.hour in {2, 23, 0}
        assert ("scanner" in paused) == (quiet or "devices" in suspended)
        assert ("weather" in paused) == (quiet or {"air", "damp"} <= suspended)
        assert ("shed" in paused) == ("damp" in suspended)
        assert "gnss" not in paused
        assert SOONEST_S <= bench.quieter.next_change_s <= LOOK_AGAIN_S
