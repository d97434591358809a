import pytest

from agent.privacy.counters import FilterCounters
from agent.privacy.filter import StreamFilter
from agent.privacy.spec import StreamSpec
from agent.privacy.tripped import Tripwire
from drivers.tripwire import Kind
from tests.support.privacy import DEVICES, MAC, PLACE, RSSI, TEMPERATURE, WEATHER, mac, make_filter, only, reading

IDENTIFIERS = [
    pytest.param("02:00:00:00:00:01", Kind.MAC, id="mac"),
    pytest.param(b"192.0.2.1", Kind.IP, id="ip"),
    pytest.param("somebody@city.example", Kind.EMAIL, id="email"),
    pytest.param("+436601234567", Kind.PHONE, id="phone"),
    pytest.param("4111 1111 1111 1111", Kind.CARD, id="card"),
    pytest.param(4111111111111111, Kind.CARD, id="card-as-integer"),
    pytest.param("AB-123-XY", Kind.PLATE, id="plate"),
]


def begun(spec: StreamSpec) -> StreamFilter:
    stream_filter = make_filter(spec)
    stream_filter.begin(0, boot_id=None)
    return stream_filter


def tripped(counters: FilterCounters) -> dict[str, int]:
    """Return what the tripwire has counted."""
    counts = {kind.value: getattr(counters, f"trips_{kind}") for kind in Kind}
    return {kind: count for kind, count in counts.items() if count}


@pytest.mark.parametrize(("value", "kind"), IDENTIFIERS)
def test_identifier_in_place_of_a_number_stops_the_whole_reading_and_is_counted(value: object, kind: Kind) -> None:
    stream_filter = begun(WEATHER)
    stream_filter.observe("station", reading(temperature=value, humidity=5000), 0)
    stream_filter.observe("station", reading(temperature=2100, humidity=value), 0)
    assert tripped(stream_filter.counters) == {kind: 2}
    assert only(stream_filter.advance(60_000)).values == (None, None, None, None)


@pytest.mark.parametrize(("value", "kind"), IDENTIFIERS)
def test_identifier_in_place_of_a_strength_stops_the_sighting(value: object, kind: Kind) -> None:
    stream_filter = begun(DEVICES)
    for number in range(10):
        stream_filter.observe("devices_sensor", reading(mac=mac(number), rssi=-50), 0)
    stream_filter.observe("devices_sensor", reading(mac=mac(99), rssi=value), 0)
    assert tripped(stream_filter.counters) == {kind: 1}
    assert only(stream_filter.advance(60_000)).values == (10, -500, 10)


def test_identifier_in_place_of_a_coordinate_stops_the_position() -> None:
    stream_filter = begun(PLACE)
    stream_filter.observe("gnss", reading(latitude=601_699_000, longitude=249_384_000, altitude="a@b.example"), 0)
    assert tripped(stream_filter.counters) == {"email": 1}
    assert only(stream_filter.advance(60_000)).values == (None, None, None)


@pytest.mark.parametrize(
    "value",
    [
        None,
        2100,
        -99_999,
        99_999,
        4111111111111112,
        2**70,
        -4111111111111111,
        "21.0",
        b"21",
        21.0,
        True,
        "text",
        b"\x00" * 6,
    ],
)
def test_value_that_looks_like_nobody_stops_nothing(value: object) -> None:
    stream_filter = begun(WEATHER)
    stream_filter.observe("station", reading(temperature=value, humidity=5000), 0)
    assert tripped(stream_filter.counters) == {}
    assert only(stream_filter.advance(60_000)).values[2:] == (50, 1)


def test_plausible_number_is_not_looked_at_whatever_it_looks_like() -> None:
    counters = FilterCounters()
    assert not Tripwire([TEMPERATURE]).stops({"temperature": 21}, counters)
    assert tripped(counters) == {}


def test_identifier_where_one_belongs_and_in_a_field_that_no_channel_lists_stop_nothing() -> None:
    counters = FilterCounters()
    values = reading(mac=b"02:00:00:00:00:01", rssi=-50, note="somebody@city.example").values
    assert not Tripwire([MAC, RSSI]).stops(values, counters)
    assert tripped(counters) == {}


def test_every_kind_has_a_counter_of_its_own() -> None:
    fields = {name for name in FilterCounters.__slots__ if name.startswith("trips_")}
    assert fields == {f"trips_{kind}" for kind in Kind}
