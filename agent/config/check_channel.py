"""Rules about one released channel: where it comes from, its unit, its numbers.

In: a `[stream.X.channel.Y]` table and the sensors. Out: the channels for the privacy filter (one, or one for each bin
of a histogram), and problems. Never: what is private; `agent.privacy.legality` decides that.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from agent.config.check_bins import check_bins
from agent.config.check_sensor import Sensors
from agent.privacy.classes import permitted_rules, refusal
from agent.privacy.spec import ReleasedChannel, Rule
from agent.tomlfile import Distance, Table, did_you_mean, listing, quoted
from drivers.model import Model
from drivers.reading import Channel

_COUNTING: Final = frozenset({Rule.COUNT, Rule.COUNT_DISTINCT, Rule.HISTOGRAM})
_PLAIN: Final = _COUNTING | {Rule.DWELL}
"""Rules whose result is a whole number of something else than the source's unit, and never below zero."""
_UNBOUNDED: Final = _PLAIN | {Rule.SUM}
"""Rules whose result the sensor's own range says nothing about."""
COUNT_UNIT: Final = "count"
DWELL_UNIT: Final = "s"


@dataclass(frozen=True, slots=True)
class _Scale:
    """Released values are integers in units of ``10 ** exponent``, rounded to multiples of `step`."""

    exponent: int
    step: int

    def units(self, value: Decimal) -> Decimal:
        return value.scaleb(-self.exponent)


def check_channel(table: Table, sensors: Sensors) -> tuple[ReleasedChannel, ...]:
    """Return the channel, or one for each of its bins; nothing after reporting what is wrong with it."""
    channel = _check_keys(table, sensors)
    return () if channel is None else check_bins(table, channel)


def _check_keys(table: Table, sensors: Sensors) -> ReleasedChannel | None:
    """Return the channel without its bins."""
    found = _check_source(table, sensors)
    rule_name = table.text("rule")
    if found is None or rule_name is None:
        return None
    sensor, source = found
    rule = Rule(rule_name)
    if not _check_rule(table, source, rule):
        return None
    unit = _check_unit(table, source, rule)
    scale = _check_resolution(table, source, rule)
    bounds = None if scale is None else _check_range(table, source, rule=rule, scale=scale)
    if unit is None or scale is None or bounds is None or ("grid" in table.written and "grid" not in table.values):
        return None
    grid = table.get("grid", Distance)
    return ReleasedChannel(
        name=table.name,
        sensor=sensor,
        source=source,
        rule=rule,
        unit=unit,
        exponent=scale.exponent,
        resolution=scale.step,
        minimum=bounds[0],
        maximum=bounds[1],
        grid_m=None if grid is None else int(grid),
    )


def _check_source(table: Table, sensors: Sensors) -> tuple[str, Channel] | None:
    written = table.text("from")
    if written is None:
        return None
    sensor, dot, name = written.partition(".")
    if not dot or not name:
        table.problem(
            "from",
            "bad-source",
            f"{quoted(written)} names no channel",
            expected='a sensor, a dot and its channel, such as "air.temperature"',
            found=quoted(written),
        )
        return None
    model = sensors.models.get(sensor)
    if model is not None:
        return _check_name(table, model, sensor=sensor, name=name)
    if sensor not in sensors.declared:
        table.problem(
            "from",
            "unknown-sensor",
            f"there is no sensor {quoted(sensor)}",
            expected=f"one of the [sensor.NAME] sections: {listing(sensors.declared)}",
            found=quoted(written),
            hint=did_you_mean(sensor, sensors.declared),
        )
    return None


def _check_name(table: Table, model: Model, *, sensor: str, name: str) -> tuple[str, Channel] | None:
    channel = model.channel(name)
    if channel is not None:
        return sensor, channel
    names = [entry.name for entry in model.channels]
    table.problem(
        "from",
        "unknown-channel",
        f"a {model.name} has no channel {quoted(name)}",
        expected=f"one of {listing(names)}",
        found=quoted(f"{sensor}.{name}"),
        hint=did_you_mean(name, names),
    )
    return None


def _check_rule(table: Table, source: Channel, rule: Rule) -> bool:
    """Return whether the rule may release this channel; the rest is not looked at when it may not."""
    permitted = permitted_rules(source)
    if rule in permitted:
        return True
    names = [quoted(entry.value) for entry in sorted(permitted)]
    group = "" if source.group is None else f", in group {quoted(source.group)}"
    table.problem(
        "rule",
        "privacy-rule",
        f"{source.title} may not leave by rule {quoted(rule.value)}",
        expected=" or ".join(names) if names else "no stream at all; it has no form that may leave",
        found=f"{quoted(rule.value)}, for a channel of class {quoted(source.sensitivity.value)}{group}",
        hint=refusal(source, rule),
    )
    return False


def _check_unit(table: Table, source: Channel, rule: Rule) -> str | None:
    unit = table.text("unit")
    right = COUNT_UNIT if rule in _COUNTING else DWELL_UNIT if rule is Rule.DWELL else source.unit
    if unit is None or unit == right:
        return unit
    if rule in _PLAIN:
        why = f"rule {quoted(rule.value)} {'counts' if rule in _COUNTING else 'tells seconds'}"
    else:
        why = f"{source.title.lower()} is in {quoted(right)}"
    table.problem(
        "unit",
        "wrong-unit",
        f"{quoted(unit)} is not the unit of this channel",
        expected=quoted(right),
        found=quoted(unit),
        hint=f"{why}; values are not converted",
    )
    return None


def _check_resolution(table: Table, source: Channel, rule: Rule) -> _Scale | None:
    own_exponent = 0 if rule in _PLAIN else source.exponent
    if "resolution" not in table.written:
        return _Scale(own_exponent, 1)
    resolution = table.get("resolution", Decimal)
    if resolution is None:
        return None
    own = Decimal(1).scaleb(own_exponent)
    if resolution <= 0 or resolution % own != 0:
        finer = 0 < resolution < own
        table.problem(
            "resolution",
            "bad-resolution",
            "this is finer than the sensor can tell" if finer else "this is no step that the sensor can make",
            expected=f"{own:f}, or a multiple of it",
            found=f"{resolution:f}",
        )
        return None
    _, digits, exponent = resolution.normalize().as_tuple()
    return _Scale(int(exponent), int("".join(map(str, digits))))


def _check_range(table: Table, source: Channel, *, rule: Rule, scale: _Scale) -> tuple[int, int] | None:
    low, high = (0, source.maximum - source.minimum) if rule is Rule.STDEV else (source.minimum, source.maximum)
    own = Decimal(low).scaleb(source.exponent), Decimal(high).scaleb(source.exponent)
    if "range" in table.written:
        bounds = table.get("range", tuple)
        return None if bounds is None else _check_bounds(table, bounds, own=own, rule=rule, scale=scale)
    if rule not in _UNBOUNDED:
        smallest = scale.units(own[0]).to_integral_value(ROUND_CEILING)
        return int(smallest), int(scale.units(own[1]).to_integral_value(ROUND_FLOOR))
    table.problem(
        None,
        "missing-range",
        f"channel {quoted(table.name)} lacks its range",
        expected="range = [smallest, largest], such as [0, 500]",
        found="nothing",
        hint=f"rule {quoted(rule.value)} has no bound of its own",
    )
    return None


def _check_bounds(
    table: Table, bounds: tuple[Decimal, Decimal], *, own: tuple[Decimal, Decimal], rule: Rule, scale: _Scale
) -> tuple[int, int] | None:
    low, high = bounds
    shown = f"[{low:f}, {high:f}]"
    message = expected = None
    if low >= high:
        message, expected = "the smallest value is not below the largest", f"[{high:f}, {low:f}]"
    elif rule not in _UNBOUNDED and (low < own[0] or high > own[1]):
        message, expected = "this is wider than what the sensor can measure", f"inside [{own[0]:f}, {own[1]:f}]"
    elif rule in _PLAIN and low < 0:
        message, expected = f"a {'dwell' if rule is Rule.DWELL else 'count'} is never below zero", f"[0, {high:f}]"
    elif any(scale.units(bound) % 1 != 0 for bound in bounds):
        unit = Decimal(1).scaleb(scale.exponent)
        message, expected = "a bound is finer than the resolution", f"multiples of {unit:f}"
    if message is None or expected is None:
        return int(scale.units(low)), int(scale.units(high))
    table.problem("range", "bad-range", message, expected=expected, found=shown)
    return None
