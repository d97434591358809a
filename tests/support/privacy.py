"""Streams and readings for the tests of the privacy filter, and for driving its canaries from elsewhere."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import cast

from agent.privacy.filter import StreamFilter
from agent.privacy.laplace import discrete_laplace
from agent.privacy.ledger import MOST_TERM, Account, Budget, Ledger
from agent.privacy.noised import Sampler
from agent.privacy.released import Released
from agent.privacy.spec import Noise, ReleasedChannel, Rule, StreamSpec
from drivers.reading import Channel, Reading, Sensitivity, Value

TEMPERATURE = Channel(name="temperature", title="", unit="Cel", exponent=-2, minimum=-4000, maximum=8500)
HUMIDITY = Channel(name="humidity", title="", unit="%RH", exponent=-2, minimum=0, maximum=10000)
LATITUDE = Channel(
    name="latitude",
    title="",
    unit="lat",
    exponent=-7,
    minimum=-900_000_000,
    maximum=900_000_000,
    sensitivity=Sensitivity.LOCATION,
)
LONGITUDE = Channel(
    name="longitude",
    title="",
    unit="lon",
    exponent=-7,
    minimum=-1_800_000_000,
    maximum=1_800_000_000,
    sensitivity=Sensitivity.LOCATION,
)
ALTITUDE = Channel(
    name="altitude",
    title="",
    unit="m",
    exponent=-1,
    minimum=-5000,
    maximum=90_000,
    sensitivity=Sensitivity.LOCATION,
)
MAC = Channel(name="mac", title="", unit="", sensitivity=Sensitivity.IDENTIFIER, group="devices")
RSSI = Channel(name="rssi", title="", unit="dBm", minimum=-127, maximum=20, group="devices")
CARS = Channel(name="cars", title="", unit="count", maximum=1000, sensitivity=Sensitivity.COUNT, group="vehicles")
SPEED = Channel(name="speed", title="", unit="m/s", exponent=-1, maximum=1000, group="vehicles")
WIND = Channel(name="wind", title="", unit="deg", exponent=-1, maximum=3600)
COURSE = Channel(name="course", title="", unit="deg", maximum=360, group="vehicles")
NOTE = Channel(name="note", title="", unit="", sensitivity=Sensitivity.CONTENT)
COUNTED = frozenset({Rule.COUNT, Rule.COUNT_DISTINCT, Rule.HISTOGRAM})
_BOUNDS = {
    Rule.COUNT: (0, 10_000),
    Rule.COUNT_DISTINCT: (0, 10_000),
    Rule.HISTOGRAM: (0, 10_000),
    Rule.DWELL: (0, 86_400),
}


def released(
    source: Channel,
    rule: Rule = Rule.MEAN,
    *,
    name: str | None = None,
    sensor: str | None = None,
    exponent: int | None = None,
    resolution: int = 1,
    bounds: tuple[int, int] | None = None,
    grid_m: int | None = None,
) -> ReleasedChannel:
    """Return a released channel with the source's own exponent and range unless told otherwise."""
    low, high = bounds or _BOUNDS.get(rule, (source.minimum, source.maximum))
    if rule is Rule.STDEV and bounds is None:
        low, high = 0, source.maximum - source.minimum
    plain = rule in COUNTED or rule is Rule.DWELL
    return ReleasedChannel(
        name=name or source.name,
        sensor=sensor or (f"{source.group}_sensor" if source.group else "station"),
        source=source,
        rule=rule,
        unit="count" if rule in COUNTED else "s" if rule is Rule.DWELL else source.unit,
        exponent=exponent if exponent is not None else 0 if plain else source.exponent,
        resolution=resolution,
        minimum=low,
        maximum=high,
        grid_m=grid_m,
    )


def histogram(
    source: Channel,
    *edges: int,
    name: str | None = None,
    bounds: tuple[int, int] | None = None,
    sensor: str | None = None,
) -> tuple[ReleasedChannel, ...]:
    """Return the released channels of a histogram."""
    column = released(source, Rule.HISTOGRAM, bounds=bounds, sensor=sensor)
    return tuple(
        replace(column, name=f"{name or source.name}_{number}", bins=bins)
        for number, bins in enumerate(pairwise(edges))
    )


def stream(
    *channels: ReleasedChannel,
    window_ms: int = 60_000,
    k: int | None = None,
    name: str = "corner",
    noise: Noise | None = None,
) -> StreamSpec:
    """Return a stream."""
    return StreamSpec(name=name, window_ms=window_ms, channels=channels, suppress_below=k, noise=noise)


def noise(sensitivity: int = 1, *, epsilon: tuple[int, int] = (1, 2), daily: tuple[int, int] = (2, 1)) -> Noise:
    """Return noise of which a day has enough for four windows."""
    return Noise(epsilon=epsilon, daily=daily, sensitivity=sensitivity)


WEATHER = stream(
    released(TEMPERATURE, exponent=-1),
    released(TEMPERATURE, Rule.MAX, name="warmest"),
    released(HUMIDITY, exponent=0, resolution=5, bounds=(0, 100)),
    released(HUMIDITY, Rule.COUNT, name="samples"),
    name="weather",
)
PLACE = stream(
    released(LATITUDE, Rule.GRID, sensor="gnss", grid_m=250, exponent=-5, bounds=(-9_000_000, 9_000_000)),
    released(LONGITUDE, Rule.GRID, sensor="gnss", grid_m=250, exponent=-5, bounds=(-18_000_000, 18_000_000)),
    released(ALTITUDE, Rule.GRID, sensor="gnss", grid_m=250, exponent=0, bounds=(-500, 9_000)),
    name="place",
)
DEVICES = stream(
    released(MAC, Rule.COUNT_DISTINCT, name="devices"),
    released(RSSI, exponent=-1, name="signal", bounds=(-1270, 200)),
    released(RSSI, Rule.COUNT, name="sightings", bounds=(0, 1_000_000)),
    k=10,
    name="devices",
)
TRAFFIC = stream(
    released(CARS, Rule.SUM, bounds=(0, 100_000)),
    released(SPEED, exponent=0, bounds=(0, 100)),
    k=5,
    name="traffic",
)
CORNER = stream(
    released(TEMPERATURE),
    released(MAC, Rule.COUNT_DISTINCT, name="devices"),
    released(LATITUDE, Rule.GRID, sensor="gnss", grid_m=1000),
    k=10,
    name="corner",
)
SPREAD = stream(
    released(TEMPERATURE, Rule.MEDIAN, name="median"),
    released(TEMPERATURE, Rule.P90, name="p90", exponent=-1, bounds=(-400, 850)),
    released(TEMPERATURE, Rule.STDEV, name="stdev", exponent=-1, bounds=(0, 600)),
    released(WIND, Rule.CIRCULAR_MEAN, exponent=0, bounds=(0, 360)),
    *histogram(HUMIDITY, 0, 3000, 6000, 10_001),
    name="spread",
)
STAYS = stream(
    released(MAC, Rule.DWELL, name="stay"),
    released(MAC, Rule.COUNT_DISTINCT, name="devices"),
    *histogram(RSSI, -127, -80, -50, name="signal"),
    released(RSSI, Rule.COUNT, name="sightings", bounds=(0, 1_000_000)),
    k=10,
    name="stays",
)
SPEEDS = stream(
    released(CARS, Rule.SUM, bounds=(0, 100_000)),
    released(COURSE, Rule.CIRCULAR_MEAN),
    *histogram(SPEED, 0, 139, 278, 1001),
    k=5,
    name="speeds",
)
PARKED = stream(
    released(CARS, Rule.MEDIAN, name="usually"),
    released(CARS, Rule.P90, name="mostly"),
    k=5,
    name="parked",
)
NOISY = stream(
    released(TEMPERATURE),
    released(MAC, Rule.COUNT_DISTINCT, name="devices"),
    released(RSSI, Rule.COUNT, name="sightings"),
    *histogram(RSSI, -127, -80, -50, name="signal"),
    k=10,
    name="noisy",
    noise=noise(3),
)
NOISY_CARS = stream(
    released(CARS, Rule.SUM, bounds=(-50, 1000)), *histogram(SPEED, 0, 139, 278), name="cars", noise=noise(2)
)
EXAMPLES = (WEATHER, PLACE, DEVICES, TRAFFIC, CORNER, SPREAD, STAYS, SPEEDS, PARKED)
NOISY_EXAMPLES = (NOISY, NOISY_CARS)


def counting_bytes(seed: bytes = b"") -> Callable[[int], bytes]:
    """Return a source of random bytes that repeats itself from test to test, never within one."""
    calls = 0

    def random_bytes(number: int) -> bytes:
        nonlocal calls
        calls += 1
        return hashlib.shake_256(seed + calls.to_bytes(4, "big")).digest(number)

    return random_bytes


def make_filter(spec: StreamSpec) -> StreamFilter:
    """Return a filter with repeatable keys."""
    return StreamFilter(spec, random_bytes=counting_bytes())


def purse(spec: StreamSpec, *, daily: tuple[int, int] = (MOST_TERM, 1), missing: bool = False) -> Ledger:
    """Return a ledger of nobody's for a stream with noise; it has more than enough unless told otherwise."""
    assert spec.noise is not None
    return Ledger(Budget(epsilon=spec.noise.epsilon, daily=daily), Account(missing=missing))


def make_noisy(
    spec: StreamSpec,
    *,
    ledger: Ledger | None = None,
    sampler: Sampler = discrete_laplace,
    random_bytes: Callable[[int], bytes] | None = None,
) -> StreamFilter:
    """Return a filter with repeatable noise, whose clock is synchronised."""
    made = StreamFilter(
        spec, random_bytes=random_bytes or counting_bytes(), ledger=ledger or purse(spec), sampler=sampler
    )
    made.synchronised = True
    return made


def reading(**values: object) -> Reading:
    """Return a reading; values of the wrong type are allowed, to see them refused."""
    return Reading(mono_ns=0, values={name: cast("Value", value) for name, value in values.items()})


def mac(number: int) -> bytes:
    """Return an identifier."""
    return number.to_bytes(6, "big")


def only(rows: list[Released]) -> Released:
    """Return the one row."""
    (row,) = rows
    return row
