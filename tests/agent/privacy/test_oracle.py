import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.oracle import Sighting, expected_values
from agent.privacy.spec import Rule, StreamSpec
from drivers.reading import Value
from tests.support.privacy import (
    CARS,
    DEVICES,
    HUMIDITY,
    PLACE,
    SPEED,
    TEMPERATURE,
    TRAFFIC,
    WEATHER,
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
    return "devices_sensor", {"mac": mac(number), "rssi": -50}


def test_oracle_of_a_plain_window_says_what_a_person_would() -> None:
    sightings: list[Sighting] = [("station", {"temperature": n, "humidity": 9000}) for n in (100, 300, 200)]
    assert expected_values(NUMBERS, sightings) == [200, 100, 300, 200, 3, 600, 9]


def test_oracle_of_small_numbers_hides_them() -> None:
    few: list[Sighting] = 2 * [_sighting(n) for n in range(9)]
    assert expected_values(DEVICES, few) == [None, None, None]
    assert expected_values(DEVICES, [*few, _sighting(9)]) == [10, -500, 19]


def test_oracle_predicts_no_location() -> None:
    values: dict[str, Value] = {"latitude": 0, "longitude": 0, "altitude": 0}
    assert expected_values(PLACE, [("gnss", values)]) == [None, None, None]


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "temperature": st.integers(-5000, 9000) | st.none(),
                "humidity": st.integers(-10, 11_000),
                "mac": st.integers(0, 20).map(mac),
                "rssi": st.integers(-130, 30),
                "cars": st.integers(-1, 20),
                "speed": st.integers(0, 1100),
            },
        ),
        max_size=60,
    ),
    st.sampled_from(
        [NUMBERS, WEATHER, TRAFFIC, stream(released(CARS, Rule.MEAN, exponent=-2), released(SPEED), k=5)]
    ),
)
def test_oracle_and_filter_agree_on_any_window_of_numbers(values: list[dict[str, Value]], spec: StreamSpec) -> None:
    _agree(values, spec)


def _agree(values: list[dict[str, Value]], spec: StreamSpec) -> None:
    sensor = spec.channels[0].sensor
    stream_filter = make_filter(spec)
    stream_filter.begin(0, boot_id=None)
    for sample in values:
        stream_filter.observe(sensor, reading(**sample), 0)
    expected = expected_values(spec, [(sensor, sample) for sample in values])
    assert list(only(stream_filter.advance(60_000)).values) == expected


@pytest.mark.parametrize("people", [9, 10, 40])
def test_oracle_and_filter_agree_on_sightings(people: int) -> None:
    values = [dict(_sighting(n)[1]) for n in range(people)]
    _agree(values * 3, DEVICES)
