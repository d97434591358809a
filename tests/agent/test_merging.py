"""How columns merge, by their declaration: above all, what is taken for derived from people."""

from dataclasses import replace
from itertools import product

import pytest

from agent.merging import mergings
from agent.privacy.legality import problems
from agent.privacy.merge import How
from agent.privacy.merge_rules import how
from agent.privacy.spec import Noise, ReleasedChannel, Rule, StreamSpec
from agent.wire.declared import DeclaredNoise, DeclaredStream
from tests.support import privacy
from tests.support.wire import channel, stream

NOISE = DeclaredNoise(epsilon=(1, 2), daily=(48, 1), sensitivity=1)


def declared(*told: tuple[str, str, str], **changes: object) -> DeclaredStream:
    """Return a stream of channels, each given by rule, class and source."""
    channels = tuple(
        channel(
            f"c{number}", rule=rule, sensitivity=sensitivity, source=source, resolution=5, minimum=-10, maximum=50
        )
        for number, (rule, sensitivity, source) in enumerate(told)
    )
    return replace(stream(name="street", channels=channels), **{"suppress_below": None, "noise": None, **changes})  # type: ignore[arg-type]  # any fields


def test_columns_merge_by_their_declared_rule_and_range() -> None:
    first, second = mergings(declared(("mean", "measurement", "air.t"), ("median", "measurement", "air.h")))
    assert (first.how, first.grouped, first.clamped) == (How.AVERAGE, False, False)
    assert (first.resolution, first.minimum, first.maximum) == (5, -10, 50)
    assert second.how is How.NOTHING


@pytest.mark.parametrize("hidden", [{"suppress_below": 10}, {"noise": NOISE}], ids=["suppression", "noise"])
def test_what_comes_from_a_sensor_that_counts_is_taken_for_people(hidden: dict[str, object]) -> None:
    told = (("mean", "measurement", "lane.speed"), ("sum", "count", "lane.cars"), ("mean", "measurement", "air.t"))
    speed, cars, air = mergings(declared(*told, **hidden))
    assert (speed.grouped, speed.how) == (True, How.NOTHING)
    assert (cars.grouped, cars.how, cars.clamped) == (True, How.TOTAL, True)
    assert (air.grouped, air.how) == (False, How.AVERAGE)


def test_histogram_of_a_plain_measurement_is_cut_to_its_range_and_about_nobody() -> None:
    (bars,) = mergings(declared(("histogram", "count", "air.t")))
    assert (bars.how, bars.grouped, bars.clamped) == (How.TOTAL, False, True)


def test_rule_of_a_later_version_does_not_merge() -> None:
    assert mergings(declared(("mode", "measurement", "air.t")))[0].how is How.NOTHING


def test_whatever_is_in_a_group_is_taken_for_people_from_the_declaration_alone() -> None:
    """Every legal pair of channels of such sensors: the declaration must not tell less than the configuration."""
    sources = [privacy.CARS, privacy.SPEED, privacy.MAC, privacy.RSSI, privacy.TEMPERATURE]
    legal = 0
    for (one, rule), (other, also) in product(product(sources, Rule), repeat=2):
        channels = tuple(
            ReleasedChannel(
                name=f"c{number}",
                sensor="s" if source is not privacy.TEMPERATURE else "air",
                source=source,
                rule=kind,
                unit=source.unit,
                exponent=0,
                resolution=1,
                minimum=0,
                maximum=1000,
            )
            for number, (source, kind) in enumerate(((one, rule), (other, also)))
        )
        for k, noise in ((10, None), (None, Noise(epsilon=(1, 1), daily=(9, 1), sensitivity=2))):
            spec = StreamSpec(name="street", window_ms=60_000, channels=channels, suppress_below=k, noise=noise)
            if problems(spec):
                continue
            legal += 1
            told = [(c.rule.value, c.sensitivity.value, f"{c.sensor}.{c.source.name}") for c in channels]
            found = mergings(declared(*told, suppress_below=k, noise=None if noise is None else NOISE))
            for merging, released in zip(found, channels, strict=True):
                assert merging.grouped >= (released.group is not None)
                assert merging.clamped >= released.counts
                assert merging.how in {how(released.rule, grouped=released.group is not None), How.NOTHING}
    assert legal > 50
