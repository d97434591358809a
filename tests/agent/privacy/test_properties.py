"""The two sentences that the package stands for, held against random streams and random readings.

Nothing outside the declared channels, ranges, grids and bins ever comes out. Changing one identifier of the input
never changes more than the counts it belongs to.
"""

from dataclasses import replace
from fractions import Fraction
from operator import itemgetter

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent.privacy.canary import self_test
from agent.privacy.classes import permitted_rules
from agent.privacy.legality import problems
from agent.privacy.released import Released
from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from agent.quality import Quality
from drivers.reading import Channel
from tests.support.privacy import (
    ALTITUDE,
    CARS,
    COURSE,
    HUMIDITY,
    LATITUDE,
    LONGITUDE,
    MAC,
    NOTE,
    RSSI,
    SPEED,
    TEMPERATURE,
    WIND,
    histogram,
    make_filter,
    only,
    reading,
    released,
)

SOURCES = (TEMPERATURE, HUMIDITY, WIND, LATITUDE, LONGITUDE, ALTITUDE, MAC, RSSI, CARS, SPEED, COURSE, NOTE)
PLACES = {
    **dict.fromkeys(("latitude", "longitude", "altitude"), "gnss"),
    **dict.fromkeys(("mac", "rssi"), "devices_sensor"),
    **dict.fromkeys(("cars", "speed", "course"), "vehicles_sensor"),
}
SENSORS = ("station", "gnss", "devices_sensor", "vehicles_sensor")
VALUES = st.one_of(
    st.integers(-(2**70), 2**70),
    st.integers(-1000, 1000),
    st.integers(0, 30).map(lambda number: number.to_bytes(6, "big")),
    st.none(),
    st.text(max_size=5),
    st.floats(),
    st.booleans(),
    st.binary(max_size=70),
)
READINGS = st.dictionaries(st.sampled_from([*(source.name for source in SOURCES), "plate"]), VALUES)
MACS = st.integers(0, 12).map(lambda number: number.to_bytes(6, "big"))


def samples(sensor: str, **values: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[str, dict[str, object]]]:
    """Return readings of one sensor, a little beyond what is plausible."""
    return st.tuples(st.just(sensor), st.fixed_dictionaries(values))


SAMPLES = st.one_of(
    samples(
        "station",
        temperature=st.integers(-4500, 9000),
        humidity=st.integers(-100, 10_100),
        wind=st.sampled_from([0, 1, 900, 1800, 2700, 3599, 3600, 3601]),
    ),
    samples("devices_sensor", mac=MACS, rssi=st.integers(-130, 25)),
    samples("vehicles_sensor", cars=st.integers(-1, 9), speed=st.integers(-10, 1100), course=st.integers(0, 361)),
    samples(
        "gnss",
        latitude=st.integers(-910_000_000, 910_000_000),
        longitude=st.integers(-1_810_000_000, 1_810_000_000),
        altitude=st.integers(-6000, 91_000),
    ),
    st.tuples(st.sampled_from(SENSORS), READINGS),
)
Sample = tuple[tuple[str, dict[str, object]], int]


@st.composite
def channels(draw: st.DrawFn, number: int) -> ReleasedChannel:
    """Return a channel that is often legal."""
    source: Channel = draw(st.sampled_from(SOURCES))
    rules = sorted(permitted_rules(source)) if draw(st.integers(0, 9)) else []
    low = draw(st.integers(-1000, 1000))
    wide = source.unit in {"lat", "lon"} or draw(st.booleans())
    return replace(
        released(source, draw(st.sampled_from(rules or [*Rule])), name=f"c{number}"),
        sensor=PLACES.get(source.name, "station"),
        exponent=draw(st.integers(source.exponent, source.exponent + 2)),
        resolution=draw(st.integers(1, 20)),
        minimum=-(2**53) if wide else low,
        maximum=2**53 if wide else low + draw(st.integers(0, 5000)),
        grid_m=draw(st.sampled_from([100, 250, 1000])),
    )


@st.composite
def bins(draw: st.DrawFn, number: int) -> tuple[ReleasedChannel, ...]:
    """Return the channels of a histogram that is often legal."""
    source: Channel = draw(st.sampled_from(SOURCES))
    edges = draw(st.lists(st.integers(source.minimum - 5, source.maximum + 5), min_size=3, max_size=6, unique=True))
    found = histogram(source, *sorted(edges), name=f"h{number}", sensor=PLACES.get(source.name, "station"))
    return tuple(replace(column, maximum=draw(st.sampled_from([5, 10_000]))) for column in found)


@st.composite
def streams(draw: st.DrawFn) -> StreamSpec:
    """Return a legal stream: the illegal channels of a random one are left out."""
    k = draw(st.sampled_from([5, 6, 10]))
    drawn = [draw(channels(number)) for number in range(draw(st.integers(1, 6)))]
    counting = draw(st.sampled_from([Rule.COUNT_DISTINCT, Rule.DWELL]))
    kept: tuple[ReleasedChannel, ...] = ()
    singles = [
        (replace(channel, grid_m=channel.grid_m if channel.rule is Rule.GRID else None),)
        for channel in [released(MAC, counting), released(CARS, Rule.SUM), *drawn]
    ]
    for together in [*singles, *(draw(bins(number)) for number in range(draw(st.integers(0, 2))))]:
        spec = StreamSpec(name="any", window_ms=1000, channels=(*kept, *together), suppress_below=k)
        kept = spec.channels if not problems(spec) else kept
    assume(kept)
    return StreamSpec(name="any", window_ms=1000, channels=kept, suppress_below=k)


def check_row(spec: StreamSpec, row: Released) -> None:
    """Whether a row has only what is declared: values on their ranges, steps and grids, bins of nobody or of k."""
    assert len(row.values) == len(spec.channels) == len(row.quality)
    for channel, value, quality in zip(spec.channels, row.values, row.quality, strict=True):
        assert type(quality) is Quality
        if value is None:
            assert quality is not Quality.OK
            continue
        assert quality in {Quality.OK, Quality.PARTIAL, Quality.SATURATED}
        assert type(value) is int
        assert channel.minimum <= value <= channel.maximum
        assert value % channel.resolution == 0
        if channel.group is not None:
            assert quality is not Quality.PARTIAL
        if channel.source.unit == "lat":
            assert on_grid(channel, value)
        if channel.rule is Rule.CIRCULAR_MEAN:
            assert 0 <= value * 10**channel.exponent < 360
        if channel.rule is Rule.HISTOGRAM and channel.group is not None and channel.maximum > 5:
            assert value == 0 or value >= (spec.suppress_below or 0)


def on_grid(channel: ReleasedChannel, value: int) -> bool:
    """Whether a released latitude is, but for rounding, the middle of a row: some rows and a half from the pole."""
    assert channel.grid_m is not None
    row = Fraction(180, 180 * 110_574 // channel.grid_m)
    unit = Fraction(10) ** channel.exponent
    rest = (value * unit + 90 - row / 2) % row
    return min(rest, row - rest) <= channel.resolution * unit / 2 + Fraction(1, 10**7)


def crowd_of(readings: list[Sample], window: int) -> int:
    """Return how many different usable identifiers were seen in a window."""
    seen = [
        values.get("mac")
        for (sensor, values), at_ms in readings
        if sensor == "devices_sensor" and at_ms // 1000 == window
    ]
    return len({mac for mac in seen if isinstance(mac, bytes) and 0 < len(mac) <= 64})


@settings(max_examples=60)
@given(
    streams(),
    st.lists(st.tuples(SAMPLES, st.integers(-100, 3999)), max_size=80),
    st.sampled_from([0, 0, 1]),
)
def test_nothing_outside_the_declared_channels_ranges_grids_and_bins_ever_comes_out(
    spec: StreamSpec, readings: list[Sample], begin_ms: int
) -> None:
    stream_filter = make_filter(spec)
    stream_filter.begin(begin_ms, boot_id=None)
    rows: list[Released] = []
    for (sensor, values), at_ms in sorted(readings, key=itemgetter(1)):
        rows += stream_filter.advance(at_ms)
        stream_filter.observe(sensor, reading(**values), at_ms)
    rows += stream_filter.interrupt(3999)

    assert [row.start_ms for row in rows] == [0, 1000, 2000, 3000]
    for row in rows:
        check_row(spec, row)
        assert Quality.WITHHELD not in row.quality
        people = crowd_of(readings, row.start_ms // 1000)
        devices = [n for n, channel in enumerate(spec.channels) if channel.group == "devices_sensor.devices"]
        if people < (spec.suppress_below or 0) or row.start_ms == 3000:
            assert {row.values[number] for number in devices} <= {None}
    assert stream_filter.errors == ()


@settings(max_examples=60, deadline=None)
@given(streams())
def test_self_test_of_any_legal_stream_passes_unless_its_positions_cannot_leave(spec: StreamSpec) -> None:
    report = self_test(spec, lambda: make_filter(spec))
    assert report.passed or report.reason.endswith("its range may be smaller than its grid")


IDENTIFIED = st.lists(
    st.tuples(
        st.one_of(
            samples("station", temperature=st.integers(-4000, 8500), humidity=st.integers(0, 10_000)),
            samples(
                "vehicles_sensor", cars=st.integers(0, 9), speed=st.integers(0, 1000), course=st.integers(0, 360)
            ),
            samples("devices_sensor", mac=MACS, rssi=st.integers(-127, 20)),
            samples("devices_sensor", mac=MACS, rssi=st.integers(-127, 20)),
        ),
        st.integers(0, 999),
    ),
    max_size=60,
)


def row_of(spec: StreamSpec, readings: list[Sample]) -> Released:
    stream_filter = make_filter(spec)
    stream_filter.begin(0, boot_id=None)
    for (sensor, values), at_ms in readings:
        stream_filter.observe(sensor, reading(**values), at_ms)
    return only(stream_filter.advance(1000))


@settings(max_examples=150)
@given(streams(), IDENTIFIED, st.data())
def test_changing_one_identifier_never_changes_more_than_the_counts_it_belongs_to(
    spec: StreamSpec, readings: list[Sample], data: st.DataObject
) -> None:
    seen = [number for number, ((sensor, _), _) in enumerate(readings) if sensor == "devices_sensor"]
    assume(seen)
    which = data.draw(st.sampled_from(seen))
    (sensor, values), at_ms = readings[which]
    other = {**values, "mac": data.draw(st.integers(0, 12) | st.just(999)).to_bytes(6, "big")}
    before = row_of(spec, readings)
    after = row_of(spec, [*readings[:which], ((sensor, other), at_ms), *readings[which + 1 :]])
    own = "devices_sensor.devices"
    shown = all(row.quality[number] is not Quality.SUPPRESSED for row in (before, after) for number in counted(spec))
    for number, channel in enumerate(spec.channels):
        same = (before.values[number], before.quality[number]) == (after.values[number], after.quality[number])
        if channel.group != own:
            assert same
        elif shown and channel.rule is Rule.COUNT_DISTINCT:
            assert abs((before.values[number] or 0) - (after.values[number] or 0)) <= channel.resolution
        elif shown and channel.rule is Rule.HISTOGRAM:
            hidden = Quality.SUPPRESSED in {before.quality[number], after.quality[number]}
            assert same or hidden
        elif shown and channel.rule is not Rule.DWELL:
            assert same


def counted(spec: StreamSpec) -> list[int]:
    """Return the columns that are empty when the group of devices is small, and only then."""
    return [
        number
        for number, channel in enumerate(spec.channels)
        if channel.group == "devices_sensor.devices" and channel.rule is not Rule.HISTOGRAM
    ]
