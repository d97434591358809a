import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.privacy.oracle import Sighting, _nearest_root, expected_values
from agent.privacy.spec import Rule, StreamSpec
from drivers.reading import Value
from tests.support.privacy import (
    CARS,
    DEVICES,
    HUMIDITY,
    MAC,
    PARKED,
    PLACE,
    RSSI,
    SPEED,
    SPEEDS,
    SPREAD,
    STAYS,
    TEMPERATURE,
    TRAFFIC,
    WEATHER,
    WIND,
    histogram,
    mac,
    make_filter,
    only,
    reading,
    released,
    stream,
)

NUMBERS = stream(
    *[released(TEMPERATURE, rule, name=rule) for rule in (Rule.MEAN, Rule.MIN, Rule.MAX, Rule.LAST, Rule.COUNT)],
    released(TEMPERATURE, Rule.SUM, name="sum", bounds=(-(10**6), 10**6)),
    released(HUMIDITY, exponent=1, resolution=3, bounds=(0, 9)),
)


def _sighting(number: int) -> Sighting:
    return "devices_sensor", {"mac": mac(number), "rssi": -50}, 0


def test_oracle_of_a_plain_window_says_what_a_person_would() -> None:
    sightings: list[Sighting] = [("station", {"temperature": n, "humidity": 9000}, 0) for n in (100, 300, 200)]
    assert expected_values(NUMBERS, sightings) == [200, 100, 300, 200, 3, 600, 9]


def test_oracle_of_small_numbers_hides_them() -> None:
    few: list[Sighting] = 2 * [_sighting(n) for n in range(9)]
    assert expected_values(DEVICES, few) == [None, None, None]
    assert expected_values(DEVICES, [*few, _sighting(9)]) == [10, -500, 19]


@pytest.mark.parametrize(("length", "counted"), [(0, 0), (1, 1), (2, 1), (64, 1), (65, 0)])
def test_oracle_counts_names_of_1_to_64_bytes(length: int, counted: int) -> None:
    crowd: list[Sighting] = [_sighting(number) for number in range(10)]
    one: Sighting = ("devices_sensor", {"mac": b"n" * length, "rssi": -50}, 0)
    assert expected_values(DEVICES, [*crowd, one])[0] == 10 + counted


@pytest.mark.parametrize(("exponent", "expected"), [(-2, 100), (-1, 10), (-3, 1000)])
def test_oracle_gives_a_deviation_in_the_units_of_the_column(exponent: int, expected: int) -> None:
    spec = stream(released(TEMPERATURE, Rule.STDEV, exponent=exponent, bounds=(0, 10**6)))
    sightings: list[Sighting] = [("station", {"temperature": n}, 0) for n in (100, 300)]
    assert expected_values(spec, sightings) == [expected]


def test_oracle_predicts_no_location() -> None:
    values: dict[str, Value] = {"latitude": 0, "longitude": 0, "altitude": 0}
    assert expected_values(PLACE, [("gnss", values, 0)]) == [None, None, None]


def test_oracle_of_spread_and_direction_says_what_a_person_would() -> None:
    values: list[dict[str, Value]] = [{"temperature": n, "wind": w} for n, w in ((0, 3590), (100, 10), (500, 0))]
    expected = expected_values(SPREAD, [("station", value, 0) for value in values])
    assert expected[:4] == [100, 42, 22, 0]  # 100 + 0.8 * 400 is the p90; the root of 46666.7 is 216
    assert expected[4:] == [None, None, None]


def test_oracle_of_stays_takes_the_median_of_first_to_last() -> None:
    times = [(n, at_ms) for n in range(10) for at_ms in (30_000, 1000 * n, 20_000)]
    sightings: list[Sighting] = [("devices_sensor", {"mac": mac(n), "rssi": -90}, at_ms) for n, at_ms in times]
    assert expected_values(STAYS, sightings) == [26, 10, 30, 0, 30]  # 25.5 s, to the even one


def test_oracle_of_a_bin_with_few_people_hides_its_histogram_only() -> None:
    sightings = [_at(n, -90) for n in range(10)] + 20 * [_at(3, -60)]
    assert expected_values(STAYS, sightings) == [0, 10, None, None, 30]
    beside = [_at(n, -90) for n in range(10)] + [_at(3, -50)]
    assert expected_values(STAYS, beside) == [0, 10, None, None, 11]


def _at(number: int, rssi: int) -> Sighting:
    return "devices_sensor", {"mac": mac(number), "rssi": rssi}, 0


MEASURED = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.integers(-5000, 9000) | st.none(),
        "humidity": st.integers(-10, 11_000),
        "wind": st.integers(-5, 3605),
        "mac": st.integers(0, 20).map(mac) | st.just(b""),
        "rssi": st.integers(-130, 30),
        "cars": st.integers(-1, 20),
        "speed": st.integers(0, 1100),
        "course": st.integers(0, 365),
    },
)
SPECS = [
    NUMBERS,
    WEATHER,
    TRAFFIC,
    DEVICES,
    SPREAD,
    STAYS,
    SPEEDS,
    PARKED,
    stream(released(CARS, Rule.MEAN, exponent=-2), released(SPEED), k=5),
    stream(
        released(WIND, Rule.CIRCULAR_MEAN, exponent=-6, bounds=(0, 360_000_000)), released(WIND, Rule.STDEV, name="s")
    ),
    stream(released(MAC, Rule.DWELL), *histogram(RSSI, -127, -60, 21), k=5),
]


@settings(max_examples=200)
@given(st.lists(st.tuples(MEASURED, st.integers(0, 59_999)), max_size=60), st.sampled_from(SPECS))
def test_oracle_and_filter_agree_on_any_window_of_numbers(
    values: list[tuple[dict[str, Value], int]], spec: StreamSpec
) -> None:
    _agree(values, spec)


def _agree(values: list[tuple[dict[str, Value], int]], spec: StreamSpec) -> None:
    sensor = spec.channels[0].sensor
    stream_filter = make_filter(spec)
    stream_filter.begin(0, boot_id=None)
    for sample, at_ms in values:
        stream_filter.observe(sensor, reading(**sample), at_ms)
    expected = expected_values(spec, [(sensor, sample, at_ms) for sample, at_ms in values])
    assert list(only(stream_filter.advance(60_000)).values) == expected


@pytest.mark.parametrize("people", [9, 10, 40])
@pytest.mark.parametrize("spec", [DEVICES, STAYS], ids=lambda spec: str(spec.name))
def test_oracle_and_filter_agree_on_sightings(people: int, spec: StreamSpec) -> None:
    values = [(dict(_sighting(n)[1]), 100 * n * visit) for visit in range(3) for n in range(people)]
    _agree(values, spec)


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(0, 14), st.sampled_from([-128, -127, -81, -80, -51, -50]), st.integers(0, 59)),
        max_size=99,
    )
)
def test_oracle_and_filter_agree_on_the_bins_of_people(seen: list[tuple[int, int, int]]) -> None:
    _agree([({"mac": mac(n), "rssi": rssi}, 1000 * at_s) for n, rssi, at_s in seen], STAYS)


@pytest.mark.parametrize(
    ("square", "root"),
    [
        ((0, 1), 0),
        ((1, 4), 0),
        ((9, 4), 2),
        ((25, 4), 2),
        ((49, 4), 4),
        ((1, 3), 1),
        ((4, 1), 2),
        ((24, 4), 2),
        ((26, 4), 3),
    ],
)
def test_root_of_the_oracle_half_way_between_two_integers_is_the_even_one(square: tuple[int, int], root: int) -> None:
    assert _nearest_root(*square) == root
