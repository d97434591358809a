"""What leaves of a stream with noise depends on its noisy counts and on nothing else about people."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.filter import StreamFilter
from agent.privacy.noised import Noised, noised_columns, scale_of
from agent.privacy.released import Released
from agent.privacy.spec import Noise, Rule, StreamSpec
from agent.privacy.verdict import Outcome
from agent.quality import Quality
from tests.support.privacy import (
    CARS,
    HUMIDITY,
    MAC,
    NOISY,
    NOISY_CARS,
    RSSI,
    SPEED,
    TEMPERATURE,
    counting_bytes,
    histogram,
    mac,
    make_noisy,
    noise,
    only,
    purse,
    reading,
    released,
    stream,
)

SUPPRESSED: Outcome = (None, Quality.SUPPRESSED)
Reading = tuple[str, dict[str, object]]
FULL = stream(
    released(MAC, Rule.COUNT_DISTINCT, name="devices", bounds=(0, 12)),
    released(RSSI, Rule.COUNT, name="sightings", bounds=(0, 12), resolution=3),
    released(CARS, Rule.SUM, bounds=(0, 900)),
    *histogram(RSSI, -100, -80, -50, name="signal"),
    *histogram(SPEED, 0, 139, 278),
    k=5,
    name="full",
    noise=noise(9),
)
SPECS = (NOISY, NOISY_CARS, FULL, replace(FULL, suppress_below=None))


class Draws:
    """Takes the sampler's place, and draws what it is told."""

    def __init__(self, *values: int) -> None:
        self._values = iter(values)
        self.scales: list[tuple[int, int]] = []

    def __call__(self, scale: tuple[int, int], random_bytes: Callable[[int], bytes]) -> int:
        del random_bytes
        self.scales.append(scale)
        return next(self._values)


def feed(
    made: StreamFilter, readings: Sequence[Reading], *, failing: bool = False, step_ms: int = 60_000
) -> Released:
    made.begin(0, boot_id=None)
    for sensor, values in readings:
        made.observe(sensor, reading(**values), 0)
    for sensor in ("devices_sensor", "vehicles_sensor") if failing else ():
        made.sensor_state(sensor, ok=False)
    return only(made.advance(step_ms))


def people(row: Released, spec: StreamSpec) -> list[Outcome]:
    return [(row.values[number], row.quality[number]) for number in noised_columns(spec)]


def exact(spec: StreamSpec, readings: Sequence[Reading]) -> list[int]:
    """Return the exact counts, which leave a stream that holds them to nothing, with draws of 0."""
    numbers = noised_columns(spec)
    wide = [replace(channel, minimum=0, maximum=10**6, resolution=1, exponent=0) for channel in spec.channels]
    channels = tuple(channel if channel.group else spec.channels[number] for number, channel in enumerate(wide))
    bare = replace(spec, channels=channels, suppress_below=None)
    counts = [value or 0 for value, _ in people(feed(make_noisy(bare, sampler=lambda *_: 0), readings), bare)]
    return [
        min(count, spec.channels[number].maximum) if spec.channels[number].rule is Rule.COUNT_DISTINCT else count
        for number, count in zip(numbers, counts, strict=True)
    ]


def told(
    spec: StreamSpec, readings: Sequence[Reading], noisy: Sequence[int], *, failing: bool = False
) -> list[Outcome]:
    """Return what leaves when the noise makes these counts of the exact ones."""
    draws = Draws(*(count - true for count, true in zip(noisy, exact(spec, readings), strict=True)))
    return people(feed(make_noisy(spec, sampler=draws), readings, failing=failing), spec)


def sighting(number: int, rssi: object = -70) -> Reading:
    return "devices_sensor", {"mac": mac(number), "rssi": rssi}


def cars(number: object, speed: object = 100) -> Reading:
    return "vehicles_sensor", {"cars": number, "speed": speed}


CROWDS: dict[str, list[Reading]] = {
    "nobody": [],
    "one": [sighting(1)],
    "one-seen-often": [sighting(1)] * 30,
    "below-k": [sighting(n) for n in range(4)],
    "k": [sighting(n) for n in range(5)],
    "full-set": [sighting(n) for n in range(12)],
    "more-than-full-set": [sighting(n) for n in range(13)],
    "many": [sighting(n, -90 + n) for n in range(60)],
    "implausible-strength": [sighting(n, 5000) for n in range(6)],
    "strength-is-text": [sighting(n, "loud") for n in range(6)],
    "beside-the-bins": [sighting(n, -110) for n in range(6)],
    "unnamed": [("devices_sensor", {"rssi": -70})] * 6,
    "cars": [cars(1)] * 7,
    "many-cars": [cars(900), cars(900)],
    "implausible-cars": [cars(1001), cars(5000), cars(-7)],
    "cars-are-text": [cars("AB CD 123"), cars(None)],
    "identifier-where-a-number-belongs": [cars("00:11:22:33:44:55")],
}
NUMBERS = st.integers(-30, 30) | st.integers(-2000, 2000)


@pytest.mark.parametrize("state", ["sensor-works", "sensor-fails"])
@pytest.mark.parametrize("crowd", CROWDS.values(), ids=CROWDS)
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.name}-{spec.suppress_below}")
def test_whoever_was_there_what_leaves_is_made_of_the_noisy_counts_only(
    spec: StreamSpec, crowd: list[Reading], state: str
) -> None:
    columns = len(noised_columns(spec))
    for noisy in (
        [0] * columns,
        [1] * columns,
        [4] * columns,
        [5] * columns,
        [12] * columns,
        [-3] * columns,
        range(columns),
    ):
        assert told(spec, crowd, noisy, failing=state == "sensor-fails") == told(spec, [], noisy)


@given(st.sampled_from(SPECS), st.sampled_from([*CROWDS.values()]), st.lists(NUMBERS, min_size=9, max_size=9))
def test_any_noisy_counts_tell_the_same_of_any_crowd(
    spec: StreamSpec, crowd: list[Reading], counts: list[int]
) -> None:
    noisy = counts[: len(noised_columns(spec))]
    assert told(spec, crowd, noisy) == told(spec, [], noisy)


READINGS = st.one_of(
    st.builds(sighting, st.integers(0, 20), st.one_of(st.integers(-130, 30), st.none(), st.text(max_size=3))),
    st.builds(cars, st.integers(-5, 2500), st.integers(-10, 1100)),
    st.just(("station", {"temperature": 2000})),
)


@given(st.lists(READINGS, max_size=25), READINGS)
def test_one_event_more_changes_the_exact_counts_by_no_more_than_their_number(
    readings: list[Reading], more: Reading
) -> None:
    if more[0] == "vehicles_sensor":
        more = cars(1, more[1]["speed"])
    for spec in (NOISY, replace(FULL, suppress_below=None)):
        before, after = exact(spec, readings), exact(spec, [*readings, more])
        assert spec.noise is not None
        assert sum(abs(a - b) for a, b in zip(before, after, strict=True)) <= spec.noise.sensitivity


@given(st.integers(-10, 3000) | st.integers(-(10**15), 10**15))
def test_one_event_more_in_one_reading_changes_its_sum_by_one_at_most_however_implausible_it_is(number: int) -> None:
    spec = stream(released(CARS, Rule.SUM, bounds=(0, 10**6)), noise=noise())
    assert abs(exact(spec, [cars(number)])[0] - exact(spec, [cars(number + 1)])[0]) <= 1


@pytest.mark.parametrize(
    ("number", "counted"), [(-1, 0), (0, 0), (999, 999), (1000, 1000), (1001, 999), (1999, 1), (2000, 0), (65_535, 0)]
)
def test_sum_counts_less_and_less_of_what_is_implausible(number: int, counted: int) -> None:
    spec = stream(released(CARS, Rule.SUM, bounds=(0, 10**6)), noise=noise())
    made = make_noisy(spec, sampler=Draws(0))
    assert feed(made, [cars(number)]).values == (counted,)
    assert made.counters.out_of_range_values == (not 0 <= number <= 1000)


def test_nobody_at_all_is_told_like_any_number() -> None:
    row = feed(make_noisy(NOISY_CARS, sampler=Draws(7, -1, 0)), [])
    assert row.values == (7, 0, 0)
    assert row.quality == (Quality.OK, Quality.SATURATED, Quality.OK)


def test_noise_comes_first_and_the_threshold_after() -> None:
    crowd = [sighting(number) for number in range(10)]
    below = feed(make_noisy(NOISY, sampler=Draws(-1, 50, 50, 50)), crowd)
    assert people(below, NOISY) == [SUPPRESSED] * 4
    above = feed(make_noisy(NOISY, sampler=Draws(1, 0, 0, 0)), crowd[:9])
    assert people(above, NOISY) == [(10, Quality.OK), (9, Quality.OK), SUPPRESSED, SUPPRESSED]


def test_small_noisy_bins_are_hidden_one_by_one() -> None:
    crowd = [sighting(number, -90 if number < 9 else -60) for number in range(20)]
    row = feed(make_noisy(NOISY, sampler=Draws(0, 0, 0, 0)), crowd)
    assert people(row, NOISY)[2:] == [SUPPRESSED, (11, Quality.OK)]


def test_groups_are_judged_by_their_own_contributors() -> None:
    crowd = [sighting(number) for number in range(12)]
    row = feed(make_noisy(FULL, sampler=Draws(*[0] * 7)), crowd)
    assert [quality is Quality.SUPPRESSED for _, quality in people(row, FULL)] == [
        False,
        False,
        True,
        True,
        False,
    ] + [True] * 2


def test_values_are_rounded_and_cut_after_the_noise() -> None:
    spec = stream(released(RSSI, Rule.COUNT, bounds=(-5, 25), resolution=10), noise=noise())
    outcomes = [people(feed(make_noisy(spec, sampler=Draws(draw)), []), spec)[0] for draw in (-99, -4, 6, 24, 25, 26)]
    assert outcomes == [
        (0, Quality.SATURATED),
        (0, Quality.OK),
        (10, Quality.OK),
        (20, Quality.OK),
        (20, Quality.OK),
        (20, Quality.SATURATED),
    ]


def test_measurements_of_the_same_stream_are_not_touched() -> None:
    plain = stream(
        released(TEMPERATURE),
        *histogram(HUMIDITY, 0, 5000, 10_001),
        released(MAC, Rule.COUNT_DISTINCT),
        noise=noise(),
    )
    station: list[Reading] = [("station", {"temperature": 2100, "humidity": 4000})]
    for sampler in (Draws(3), Draws(-30)):
        row = feed(make_noisy(plain, sampler=sampler), station)
        assert row.values[:3] == (2100, 1, 0)
        assert row.quality[:3] == (Quality.OK,) * 3
    assert feed(make_noisy(plain, sampler=Draws(0)), []).quality[:3] == (Quality.NO_DATA,) * 3


def test_each_count_gets_a_draw_of_sensitivity_over_epsilon_in_every_window() -> None:
    draws = Draws(*range(100))
    made = make_noisy(NOISY, sampler=draws)
    made.begin(0, boot_id=None)
    assert len(made.advance(5 * 60_000)) == 5
    assert draws.scales == [(6, 1)] * 20
    assert scale_of(Noise(epsilon=(2, 3), daily=(1, 1), sensitivity=5)) == (15, 2)


def test_noise_that_cannot_be_drawn_withholds_the_window_and_what_was_paid_stays_paid() -> None:
    ledger = purse(NOISY)
    row = feed(make_noisy(NOISY, ledger=ledger, random_bytes=bytes), [])
    assert set(row.quality) == {Quality.WITHHELD}
    assert ledger.account.spent > 0


def test_counters_tell_how_many_windows_were_not_paid_for() -> None:
    made = make_noisy(NOISY, ledger=purse(NOISY, missing=True))
    feed(made, [sighting(1)])
    assert made.counters.windows_unpaid == 1
    assert len(made.advance(3 * 60_000)) == 2
    assert made.counters.windows_unpaid == 3
    assert make_noisy(NOISY).counters.windows_unpaid == 0


def test_counters_tell_how_many_noisy_groups_were_suppressed() -> None:
    made = make_noisy(FULL, sampler=lambda *_: -1)
    made.begin(0, boot_id=None)
    assert len(made.advance(2 * 60_000)) == 2
    assert made.counters.groups_suppressed == 4


def test_noise_is_not_shown_by_any_representation() -> None:
    assert NOISY.noise is not None
    noised = Noised(NOISY, NOISY.noise, sampler=Draws(), random_bytes=counting_bytes())
    assert repr(noised) == "<Noised noisy>"
