"""What every channel says, whatever the kind of device: unit, exponent, range, accuracy, class, scale.

In: a channel's table. Out: the channel as models have it, and its scaling; or problems. Never: where its number is.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Final

from agent.config.devices.people import check_people
from agent.config.devices.units import check_unit
from agent.config.devices.values import fraction
from agent.privacy.classes import LARGEST_VALUE
from agent.tomlfile import Table, quoted
from drivers.declared.fields import Field, Kind
from drivers.declared.scaling import Scaling
from drivers.reading import Channel, Sensitivity

_SOURCED: Final = re.compile(r"unverified.*|.*\([^()]+\)\.?", re.DOTALL)
_NEEDED: Final = (
    ("unit", 'a unit of SenML, such as "Cel"; "/" for a ratio'),
    ("exponent", "a power of ten: -1 for values in tenths of the unit"),
    ("range", "[smallest, largest] plausible value, in the unit"),
    ("accuracy", 'what the maker says with its source in brackets at the end, or "unverified"'),
)


@dataclass(frozen=True, slots=True)
class Described:
    """A channel without its place: `scaling` is None for an identifier."""

    channel: Channel
    scaling: Scaling | None


def describe(table: Table, *, field: Field | None = None) -> Described | None:
    """Return the channel, None after reporting what is wrong with it.

    Args:
        table: the channel's.
        field: how its number is written, where that bounds it.
    """
    before = len(table.report.errors())
    check_people(table)
    if table.text("class") == "identifier":
        _check_identifier(table)
        return None if len(table.report.errors()) > before else Described(_identifier(table), None)
    _check_needed(table)
    check_unit(table)
    _check_accuracy(table)
    scaling = _scaling(table)
    bounds = _bounds(table)
    if scaling is not None and bounds is not None and field is not None and not field.kind.floating:
        _check_reachable(table, scaling, bounds, field)
    if len(table.report.errors()) > before or scaling is None or bounds is None:
        return None
    return Described(_channel(table, bounds), scaling)


def _identifier(table: Table) -> Channel:
    return Channel(
        name=table.name,
        title=table.text("title") or table.name,
        unit="",
        sensitivity=Sensitivity.IDENTIFIER,
        group=table.text("group"),
    )


def _channel(table: Table, bounds: tuple[int, int]) -> Channel:
    return Channel(
        name=table.name,
        title=table.text("title") or table.name,
        unit=table.text("unit") or "",
        exponent=table.get("exponent", int) or 0,
        minimum=bounds[0],
        maximum=bounds[1],
        sensitivity=Sensitivity(table.text("class") or "content"),
        group=table.text("group"),
        accuracy=table.text("accuracy") or "unverified",
        property=table.text("property") or "",
    )


def _check_identifier(table: Table) -> None:
    for key in ("unit", "exponent", "range", "scale", "offset"):
        if key in table.written:
            table.problem(
                key,
                "no-effect",
                "an identifier is no number",
                expected=f"no {key} here",
                hint="remove this line",
            )


def _check_needed(table: Table) -> None:
    for key, expected in _NEEDED:
        if key not in table.written:
            table.problem(
                None,
                "missing-key",
                f"channel {quoted(table.name)} lacks the key {quoted(key)}",
                expected=f"{key} = {expected}",
                found="nothing",
            )


def _check_accuracy(table: Table) -> None:
    accuracy = table.text("accuracy")
    if accuracy is not None and _SOURCED.fullmatch(accuracy.strip()) is None:
        table.problem(
            "accuracy",
            "no-source",
            "this accuracy does not say where it is from",
            expected='its source in brackets at the end: "±3 % (manual 1.2, page 4)"; or "unverified"',
            found=quoted(accuracy),
        )


def _scaling(table: Table) -> Scaling | None:
    """Return ``(raw * scale + offset) / 10 ** exponent`` in integers."""
    scale, offset = fraction(table, "scale", 1), fraction(table, "offset", 0)
    exponent = table.get("exponent", int)
    if scale == 0:
        table.problem(
            "scale",
            "bad-fraction",
            "a scale of zero makes every value the same",
            expected="any other number",
            found="0",
        )
        return None
    if scale is None or offset is None or exponent is None:
        return None
    step = Fraction(10) ** -exponent
    factor, shift = scale * step, offset * step
    divisor = lcm(factor.denominator, shift.denominator)
    unavailable = tuple(value for value in table.get("not_available", tuple) or () if isinstance(value, int))
    return Scaling(
        factor=int(factor * divisor), offset=int(shift * divisor), divisor=divisor, unavailable=unavailable
    )


def _bounds(table: Table) -> tuple[int, int] | None:
    """Return the range in the channel's integers."""
    written, exponent = table.get("range", tuple), table.get("exponent", int)
    if written is None or exponent is None:
        return None
    low, high = written
    problem = None
    if low >= high:
        problem, expected = "the smallest value is not below the largest", f"[{high:f}, {low:f}]"
    elif any(_finer(bound, exponent) for bound in written):
        step = Decimal(1).scaleb(exponent)
        problem, expected = f"a bound is finer than 10 to the power {exponent}", f"multiples of {step:f}"
    elif any(abs(bound.scaleb(-exponent)) > LARGEST_VALUE for bound in written):
        problem, expected = "in steps of this exponent, these are more than 2^53", "a larger exponent"
    if problem is not None:
        table.problem("range", "bad-range", problem, expected=expected, found=f"[{low:f}, {high:f}]")
        return None
    return int(low.scaleb(-exponent)), int(high.scaleb(-exponent))


def _finer(bound: Decimal, exponent: int) -> bool:
    return bound.scaleb(-exponent) % 1 != 0


def _check_reachable(table: Table, scaling: Scaling, bounds: tuple[int, int], field: Field) -> None:
    """Report a range that the type cannot fill: mostly a signed number taken for unsigned, or a wrong scale."""
    kind = field.kind
    width = 8 * kind.length if field.bits is None else field.bits[0] - field.bits[1] + 1
    signed = kind.signed or kind is Kind.S16
    raw = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
    ends = sorted(value for value in map(replace(scaling, unavailable=()).value, raw) if value is not None)
    if ends[0] <= bounds[0] and bounds[1] <= ends[-1]:
        return
    exponent = table.get("exponent", int) or 0
    low, high = (Decimal(end).scaleb(exponent) for end in (ends[0], ends[-1]))
    table.problem(
        "range",
        "beyond-type",
        f"a {kind} with this scale and offset cannot say all of this range",
        expected=f"inside [{low:f}, {high:f}], or another type, scale or offset",
        found="[{:f}, {:f}]".format(*table.get("range", tuple) or (low, high)),
        hint=f"is the number signed? type = {quoted(f'i{8 * kind.length}')}"
        if bounds[0] < ends[0] and not signed
        else None,
    )
