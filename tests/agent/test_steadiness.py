"""A sensor that is stuck on one value is told from one that measures; nothing is said of people or of values."""

import itertools

import pytest

from agent.steadiness import AFTER_S, SAMPLES, Steadiness
from drivers.reading import Channel, Reading, Sensitivity, Value

TEMPERATURE = Channel(name="temperature", title="Temperature", unit="Cel", exponent=-2, minimum=-4000, maximum=8500)
HUMIDITY = Channel(name="humidity", title="Humidity", unit="%RH", exponent=-2, minimum=0, maximum=10_000)
RAIN = Channel(name="rain", title="Rain", unit="m", exponent=-3, minimum=0, maximum=10_000)
RSSI = Channel(name="rssi", title="Strength", unit="dBm", minimum=-120, maximum=0, group="devices")
COUNT = Channel(
    name="people", title="People", unit="count", maximum=99, sensitivity=Sensitivity.COUNT, group="people"
)
PLACE = Channel(name="latitude", title="Latitude", unit="lat", maximum=90, sensitivity=Sensitivity.LOCATION)
ALL = (TEMPERATURE, HUMIDITY, RAIN, RSSI, COUNT, PLACE)
STEP_S = 60
STUCK = 4711


class Bench:
    """A sensor that gives a reading each minute."""

    def __init__(self, *channels: Channel, after_s: float | None = None) -> None:
        self.steadiness = Steadiness(channels, after_s=after_s)
        self.now_s = 1000

    def take(self, values: dict[str, Value], raw: dict[str, int] | None = None) -> bool:
        self.now_s += STEP_S
        return self.steadiness.look(Reading(mono_ns=self.now_s * 10**9, values=values, raw=raw or {}))

    def rest(self, seconds: float, values: dict[str, Value], raw: dict[str, int] | None = None) -> None:
        for _ in range(int(seconds // STEP_S)):
            self.take(values, raw)


def test_channel_that_does_not_move_is_stuck_after_a_day_and_not_before() -> None:
    bench = Bench(TEMPERATURE)
    bench.rest(AFTER_S, {"temperature": STUCK})
    assert bench.steadiness.problem is None
    assert bench.take({"temperature": STUCK})
    assert bench.steadiness.stuck == ("temperature",)
    assert not bench.take({"temperature": STUCK})


def test_problem_names_channel_and_time_and_never_the_value() -> None:
    bench = Bench(TEMPERATURE, HUMIDITY)
    bench.rest(AFTER_S + STEP_S, {"temperature": STUCK, "humidity": STUCK})
    problem = bench.steadiness.problem or ""
    assert problem.startswith("temperature and humidity has not moved by a single step for 24 h")
    assert str(STUCK) not in problem


def test_channel_that_moves_again_is_no_longer_stuck() -> None:
    bench = Bench(TEMPERATURE, HUMIDITY)
    bench.rest(AFTER_S + STEP_S, {"temperature": STUCK, "humidity": STUCK})
    assert bench.take({"temperature": STUCK + 1, "humidity": STUCK})
    assert bench.steadiness.stuck == ("humidity",)


def test_channel_whose_converter_moves_under_a_value_that_does_not_is_never_stuck() -> None:
    bench = Bench(TEMPERATURE)
    for tick in itertools.islice(itertools.cycle((7, 8)), int(AFTER_S // STEP_S) + 5):
        bench.take({"temperature": STUCK}, {"temperature": tick})
    assert bench.steadiness.stuck == ()


def test_channel_at_an_end_of_its_range_or_without_a_value_is_not_judged() -> None:
    bench = Bench(TEMPERATURE, HUMIDITY)
    bench.rest(2 * AFTER_S, {"temperature": None, "humidity": 10_000})
    assert bench.steadiness.stuck == ()
    bench.rest(AFTER_S / 2, {"temperature": STUCK})
    bench.take({"temperature": None})
    bench.rest(AFTER_S / 2 + STEP_S, {"temperature": STUCK})
    assert bench.steadiness.stuck == ()


def test_what_may_rest_is_watched_only_where_the_configuration_says_so() -> None:
    usual, told = Bench(*ALL), Bench(*ALL, after_s=3600)
    values: dict[str, Value] = dict.fromkeys((channel.name for channel in ALL), 5)
    usual.rest(2 * AFTER_S, values)
    told.rest(3600 + STEP_S, values)
    assert usual.steadiness.stuck == ("temperature", "humidity")
    assert told.steadiness.stuck == ("temperature", "humidity", "rain")


@pytest.mark.parametrize("channel", [RSSI, COUNT, PLACE], ids=lambda channel: channel.name)
def test_what_tells_of_people_or_places_is_never_looked_at(channel: Channel) -> None:
    bench = Bench(channel, after_s=60)
    bench.rest(2 * AFTER_S, {channel.name: 5})
    assert bench.steadiness.stuck == ()
    assert bench.steadiness._watched == {}


def test_zero_is_never() -> None:
    bench = Bench(TEMPERATURE, after_s=0)
    bench.rest(2 * AFTER_S, {"temperature": STUCK})
    assert bench.steadiness.stuck == ()


def test_slow_sensor_is_not_judged_by_its_first_few_samples() -> None:
    bench = Bench(TEMPERATURE, after_s=STEP_S)
    bench.rest(STEP_S * (SAMPLES - 1), {"temperature": STUCK})
    assert bench.steadiness.stuck == ()
    assert bench.take({"temperature": STUCK})
