import pytest

from agent.privacy.aggregate import Count, Last, Sum
from agent.privacy.counters import FilterCounters
from agent.privacy.filter import StreamFilter
from agent.privacy.intake import EventsPort, Intake, PlacePort
from agent.privacy.released import Released
from agent.privacy.spec import Rule, StreamSpec
from agent.privacy.window import Window
from agent.quality import Quality
from drivers.reading import Channel
from tests.support.privacy import (
    ALTITUDE,
    CARS,
    CORNER,
    DEVICES,
    LATITUDE,
    LONGITUDE,
    NOTE,
    PLACE,
    STAYS,
    TRAFFIC,
    WEATHER,
    mac,
    make_filter,
    only,
    reading,
    released,
)


def begun(spec: StreamSpec) -> StreamFilter:
    stream_filter = make_filter(spec)
    stream_filter.begin(0, boot_id=None)
    return stream_filter


def close(stream_filter: StreamFilter) -> Released:
    return only(stream_filter.advance(60_000))


def test_fields_that_no_channel_lists_are_dropped_and_counted() -> None:
    stream_filter = begun(WEATHER)
    stream_filter.observe("station", reading(temperature=2100, pressure=1013, note="text", mac=mac(1)), 0)
    assert stream_filter.counters.dropped_fields == 3
    assert close(stream_filter).values == (210, 2100, None, None)


def test_reading_of_a_sensor_that_is_not_listed_is_dropped_and_counted() -> None:
    stream_filter = begun(WEATHER)
    stream_filter.observe("other", reading(temperature=2100, humidity=1), 0)
    assert stream_filter.counters.dropped_fields == 2
    assert close(stream_filter).values == (None, None, None, None)


@pytest.mark.parametrize("wrong", ["21.0", 21.0, True, b"21", [21], object()], ids=lambda value: type(value).__name__)
def test_value_of_another_type_than_integer_is_refused_and_counted(wrong: object) -> None:
    stream_filter = begun(WEATHER)
    stream_filter.observe("station", reading(temperature=wrong), 0)
    row = close(stream_filter)
    assert stream_filter.counters.refused_values == 1
    assert row.values == (None, None, None, None)
    assert row.quality == (Quality.NO_DATA,) * 4


@pytest.mark.parametrize("wrong", [1, "aa:bb", bytearray(6), b"", bytes(65), True], ids=lambda value: repr(value)[:9])
def test_identifier_of_another_type_than_bytes_is_refused_and_counted(wrong: object) -> None:
    stream_filter = begun(DEVICES)
    for number in range(10):
        stream_filter.observe("devices_sensor", reading(mac=mac(number)), 0)
    stream_filter.observe("devices_sensor", reading(mac=wrong), 0)
    assert stream_filter.counters.refused_values == 1
    assert stream_filter.counters.identifiers_withheld == 10
    assert close(stream_filter).values[0] == 10


def test_channel_that_is_not_available_is_neither_refused_nor_counted() -> None:
    stream_filter = begun(WEATHER)
    stream_filter.observe("station", reading(temperature=None, humidity=5000), 0)
    assert stream_filter.counters.refused_values == 0
    assert close(stream_filter).values == (None, None, 50, 1)


@pytest.mark.parametrize("sample", [-4001, 8501, 2**70])
def test_sample_outside_the_plausible_range_is_dropped_and_named(sample: int) -> None:
    stream_filter = begun(WEATHER)
    stream_filter.observe("station", reading(temperature=sample), 0)
    row = close(stream_filter)
    assert row.values[:2] == (None, None)
    assert row.quality[:2] == (Quality.OUT_OF_RANGE,) * 2
    assert stream_filter.counters.out_of_range_values == 1


def test_implausible_sample_beside_a_plausible_one_changes_nothing() -> None:
    stream_filter = begun(WEATHER)
    for sample in (2000, 99_999, 2200):
        stream_filter.observe("station", reading(temperature=sample), 0)
    row = close(stream_filter)
    assert (row.values[0], row.quality[0]) == (210, Quality.OK)


def test_value_without_its_identifier_is_not_taken() -> None:
    stream_filter = begun(DEVICES)
    for number in range(10):
        stream_filter.observe("devices_sensor", reading(mac=mac(number), rssi=-50), 0)
    stream_filter.observe("devices_sensor", reading(mac=None, rssi=-90), 0)
    stream_filter.observe("devices_sensor", reading(rssi=-90), 0)
    assert stream_filter.counters.unattributed_values == 2
    assert close(stream_filter).values == (10, -500, 10)


def test_group_that_is_counted_by_a_number_needs_no_identifier() -> None:
    stream_filter = begun(TRAFFIC)
    stream_filter.observe("vehicles_sensor", reading(cars=7, speed=100), 0)
    assert close(stream_filter).values == (7, 10)


def test_position_is_snapped_before_it_is_kept() -> None:
    stream_filter = begun(PLACE)
    stream_filter.observe("gnss", reading(latitude=601_699_000, longitude=249_384_000, altitude=123), 0)
    window = stream_filter._windows.running
    assert window is not None
    assert [window.numbers[column].result() for column in range(3)] == [(601_703_239, 1), (249_383_637, 1), (0, 1)]
    assert close(stream_filter).values == (6_017_032, 2_493_836, 0)


@pytest.mark.parametrize("latitude", [None, "60", 900_000_001], ids=["none", "text", "beyond the pole"])
def test_longitude_without_a_usable_latitude_is_not_taken(latitude: object) -> None:
    stream_filter = begun(PLACE)
    stream_filter.observe("gnss", reading(latitude=latitude, longitude=249_384_000), 0)
    assert close(stream_filter).values == (None, None, None)


def test_longitude_alone_is_snapped_with_a_latitude_that_does_not_leave() -> None:
    lone = StreamSpec(name="lon", window_ms=60_000, channels=PLACE.channels[1:2])
    stream_filter = begun(lone)
    stream_filter.observe("gnss", reading(latitude=601_699_000, longitude=249_384_000), 0)
    assert close(stream_filter).values == (2_493_836,)


def test_sensors_of_one_stream_are_kept_apart() -> None:
    stream_filter = begun(CORNER)
    stream_filter.observe("gnss", reading(temperature=2100, mac=mac(1)), 0)
    assert stream_filter.counters.dropped_fields == 2
    assert close(stream_filter).values == (None, None, None)


def test_content_is_dropped_and_counted_whatever_it_is() -> None:
    stream_filter = begun(WEATHER)
    stream_filter.observe("station", reading(temperature=2100, note=b"free text", picture=b"\xff\xd8"), 0)
    assert stream_filter.counters.dropped_fields == 2
    assert close(stream_filter).values == (210, 2100, None, None)


def test_content_reaches_no_port_even_of_an_intake_that_was_told_to_take_it() -> None:
    intake = Intake([(0, released(NOTE, Rule.LAST, bounds=(0, 10)))])
    counters, window = FilterCounters(), Window(start_ms=0, partial=False, numbers={0: Last()})
    intake.pour({"note": 5}, window, counters, at_ms=0)
    assert counters.dropped_fields == 1
    assert window.told(0).result() is None


def test_sighting_is_noted_with_its_own_time_whatever_order_it_comes_in() -> None:
    stream_filter = begun(STAYS)
    for at_ms in (59_000, 2000, 30_000):
        for number in range(10):
            stream_filter.observe("devices_sensor", reading(mac=mac(number), rssi=-90), at_ms)
    assert close(stream_filter).values == (57, 10, 30, 0, 30)


def test_value_that_has_no_place_in_a_histogram_for_lack_of_an_identifier_is_dropped() -> None:
    stream_filter = begun(STAYS)
    for number in range(10):
        stream_filter.observe("devices_sensor", reading(mac=mac(number), rssi=-90), 0)
    stream_filter.observe("devices_sensor", reading(rssi=-60), 0)
    assert stream_filter.counters.unattributed_values == 1
    assert close(stream_filter).values == (0, 10, 10, 0, 10)


def test_number_of_events_is_counted_as_refused_or_out_of_range_each_time() -> None:
    port, counters = EventsPort(CARS, (0,), (), "vehicles"), FilterCounters()
    window = Window(start_ms=0, partial=False, numbers={0: Sum()})
    for wrong in ("7", 7.0, True, b"7"):
        port.take(reading(cars=wrong).values, window, counters)
    assert window.told(0).result() is None
    for sample in (None, 0, 3, 1000):
        port.take(reading(cars=sample).values, window, counters)
    assert (counters.refused_values, counters.out_of_range_values) == (4, 0)
    for sample in (-1, 1001, 5000):
        port.take(reading(cars=sample).values, window, counters)
    assert (counters.refused_values, counters.out_of_range_values) == (4, 3)
    assert window.told(0).result() == (3 + 1000 + 999, 1)


@pytest.mark.parametrize("source", [LATITUDE, LONGITUDE, ALTITUDE], ids=lambda source: str(source.name))
def test_position_of_another_type_is_counted_as_refused_each_time(source: Channel) -> None:
    port, counters = PlacePort(source, (0,), 250), FilterCounters()
    window = Window(start_ms=0, partial=False, numbers={0: Count()})
    for sample in ("60", 60.0, True):
        port.take(reading(**{"latitude": 0, source.name: sample}).values, window, counters)
    assert counters.refused_values == 3
    port.take(reading(**{"latitude": 0, source.name: None}).values, window, counters)
    port.take(reading(time=0).values, window, counters)
    assert (counters.refused_values, counters.out_of_range_values) == (3, 0)
    assert window.told(0).result() is None


def test_longitude_is_refused_for_a_latitude_of_another_type_and_not_for_one_that_is_missing() -> None:
    port, counters = PlacePort(LONGITUDE, (0,), 250), FilterCounters()
    window = Window(start_ms=0, partial=False, numbers={0: Count()})
    for latitude, refused in ((None, 0), ("60", 1), (60.0, 2)):
        port.take(reading(latitude=latitude, longitude=5).values, window, counters)
        assert counters.refused_values == refused
    assert window.told(0).result() is None


@pytest.mark.parametrize("source", [LATITUDE, LONGITUDE, ALTITUDE], ids=lambda source: str(source.name))
def test_position_at_an_end_of_its_plausible_range_is_taken_and_beyond_is_not(source: Channel) -> None:
    port, counters = PlacePort(source, (0,), 250), FilterCounters()
    window = Window(start_ms=0, partial=False, numbers={0: Count()})
    for sample in (source.minimum, source.maximum):
        port.take(reading(**{"latitude": 0, source.name: sample}).values, window, counters)
    assert (window.told(0).result(), counters.out_of_range_values, window.outside) == ((2, 1), 0, set())
    for sample in (source.minimum - 1, source.maximum + 1):
        port.take(reading(**{"latitude": 0, source.name: sample}).values, window, counters)
    assert (window.told(0).result(), counters.out_of_range_values, window.outside) == ((2, 1), 2, {0})
