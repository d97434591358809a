"""The one sentence that the package stands for, held against random streams and random readings."""

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
    HUMIDITY,
    LATITUDE,
    LONGITUDE,
    MAC,
    RSSI,
    SPEED,
    TEMPERATURE,
    make_filter,
    reading,
    released,
)

SOURCES = (TEMPERATURE, HUMIDITY, LATITUDE, LONGITUDE, ALTITUDE, MAC, RSSI, CARS, SPEED)
PLACES = {
    **dict.fromkeys(("latitude", "longitude", "altitude"), "gnss"),
    **dict.fromkeys(("mac", "rssi"), "devices_sensor"),
    **dict.fromkeys(("cars", "speed"), "vehicles_sensor"),
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
READINGS = st.dictionaries(st.sampled_from([*(source.name for source in SOURCES), "note", "plate"]), VALUES)
MACS = st.integers(0, 12).map(lambda number: number.to_bytes(6, "big"))


def samples(sensor: str, **values: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[str, dict[str, object]]]:
    """Return readings of one sensor, a little beyond what is plausible."""
    return st.tuples(st.just(sensor), st.fixed_dictionaries(values))


SAMPLES = st.one_of(
    samples("station", temperature=st.integers(-4500, 9000), humidity=st.integers(-100, 10_100)),
    samples("devices_sensor", mac=MACS, rssi=st.integers(-130, 25)),
    samples("vehicles_sensor", cars=st.integers(-1, 9), speed=st.integers(-10, 1100)),
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
    rules = sorted(permitted_rules(source)) if draw(st.integers(0, 9)) else [*Rule]
    low = draw(st.integers(-1000, 1000))
    wide = source.unit in {"lat", "lon"} or draw(st.booleans())
    return replace(
        released(source, draw(st.sampled_from(rules)), name=f"c{number}"),
        sensor=PLACES.get(source.name, "station"),
        exponent=draw(st.integers(source.exponent, source.exponent + 2)),
        resolution=draw(st.integers(1, 20)),
        minimum=-(2**53) if wide else low,
        maximum=2**53 if wide else low + draw(st.integers(0, 5000)),
        grid_m=draw(st.sampled_from([100, 250, 1000])),
    )


@st.composite
def streams(draw: st.DrawFn) -> StreamSpec:
    """Return a legal stream: the illegal channels of a random one are left out."""
    k = draw(st.sampled_from([5, 6, 10]))
    drawn = [draw(channels(number)) for number in range(draw(st.integers(1, 6)))]
    kept: tuple[ReleasedChannel, ...] = ()
    for channel in [released(MAC, Rule.COUNT_DISTINCT), released(CARS, Rule.SUM), *drawn]:
        fitting = replace(channel, grid_m=channel.grid_m if channel.rule is Rule.GRID else None)
        spec = StreamSpec(name="any", window_ms=1000, channels=(*kept, fitting), suppress_below=k)
        kept = spec.channels if not problems(spec) else kept
    assume(kept)
    return StreamSpec(name="any", window_ms=1000, channels=kept, suppress_below=k)


def check_row(spec: StreamSpec, row: Released) -> None:
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
def test_nothing_outside_the_declared_channels_ranges_and_grids_ever_comes_out(
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


@settings(max_examples=60)
@given(streams())
def test_self_test_of_any_legal_stream_passes_unless_its_positions_cannot_leave(spec: StreamSpec) -> None:
    report = self_test(spec, lambda: make_filter(spec))
    assert report.passed or report.reason.endswith("its range may be smaller than its grid")
