"""Compares what comes of an example with what it says should: value by value, channel by channel.

In: an example's table, values. Out: problems at the value that differs. Never: a run.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from agent.tomlfile import Table, did_you_mean, listing, quoted
from drivers.reading import Channel, Value

Hint = Callable[[str, int], str | None]
"""From a channel and the value that it should have, in its integers, to what would give that."""
_LOOK: Final = "check offset, type, order, scale and exponent; or the example"


def compare(
    example: Table,
    channels: Sequence[Channel],
    values: Mapping[str, Value],
    *,
    text: bool = False,
    hint: Hint = lambda _name, _wanted: None,
) -> None:
    """Report every channel that comes out otherwise than the example says, or of which it says nothing.

    Args:
        example: its table.
        channels: that it must tell of.
        values: what came of it.
        text: whether an identifier is written as text; else it is in hexadecimal.
        hint: what would give the value that a channel should have.
    """
    expected, absent = example.table("values"), example.get("not_available", tuple) or ()
    names = [channel.name for channel in channels]
    for index, name in enumerate(absent):
        _check_name(example, ("not_available", index), str(name), names)
    for name in expected.values:
        _check_name(expected, name, name, names)
    for channel in channels:
        outcome = _Outcome(channel, values.get(channel.name), text=text)
        if channel.name in expected.values:
            _check_value(expected, outcome, hint)
        elif channel.name in absent and outcome.value is not None:
            _differs(example, "not_available", channel, expected="no value", found=outcome.written)
        elif channel.name not in absent:
            _incomplete(example, channel)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of a channel."""

    channel: Channel
    value: Value
    text: bool

    @property
    def written(self) -> str:
        """It, as the file would have it."""
        if self.value is None:
            return "no value: its name in not_available"
        if isinstance(self.value, bytes):
            return quoted(self.value.decode(errors="replace") if self.text else self.value.hex(" ").upper())
        return f"{Decimal(self.value).scaleb(self.channel.exponent):f}"

    def wanted(self, told: object) -> int | None:
        """Return a value of the file in the channel's integers, None where it is none."""
        if isinstance(told, bool) or not isinstance(told, int | Decimal):
            return None
        number = Decimal(told).scaleb(-self.channel.exponent)
        return int(number) if number.is_finite() and number == number.to_integral_value() else None

    def agrees(self, told: object) -> bool:
        """Return whether it is what the file says."""
        if isinstance(self.value, bytes) or self.channel.unit == "":
            return isinstance(told, str) and self.value == self._identifier(told)
        return self.value is not None and self.wanted(told) == self.value

    def _identifier(self, told: str) -> bytes | None:
        if self.text:
            return told.encode()
        try:
            return bytes.fromhex(told)
        except ValueError:
            return None


def _check_name(table: Table, key: str | tuple[str, int], name: str, names: Sequence[str]) -> None:
    if name not in names:
        table.problem(
            key,
            "unknown-channel",
            f"this example has no channel {quoted(name)}",
            expected=f"one of {listing(names)}",
            found=quoted(name),
            hint=did_you_mean(name, names),
        )


def _check_value(expected: Table, outcome: _Outcome, hint: Hint) -> None:
    channel, told = outcome.channel, expected.values[outcome.channel.name]
    if not outcome.agrees(told):
        wanted = outcome.wanted(told)
        better = _unquoted(channel, told) or (None if wanted is None else hint(channel.name, wanted))
        _differs(expected, channel.name, channel, expected=outcome.written, found=quoted(told), hint=better)
    elif isinstance(outcome.value, int) and not channel.minimum <= outcome.value <= channel.maximum:
        expected.problem(
            channel.name,
            "example-out-of-range",
            "this value lies outside the channel's range",
            expected="a range that holds it, or another scale",
            found=quoted(told),
        )


def _unquoted(channel: Channel, told: object) -> str | None:
    return "write the value without quotes" if isinstance(told, str) and channel.unit else None


def _incomplete(example: Table, channel: Channel) -> None:
    example.problem(
        None,
        "example-incomplete",
        f"this example does not say what comes of channel {quoted(channel.name)}",
        expected=f"{channel.name} = the value, in [example.values], or its name in not_available",
        found="nothing",
    )


def _differs(table: Table, key: str, channel: Channel, *, expected: str, found: str, hint: str | None = None) -> None:
    table.problem(
        key,
        "example-differs",
        f"by the file's own sections, channel {quoted(channel.name)} comes out otherwise in this example",
        expected=f"{expected}, as the sections say; or other sections",
        found=found,
        hint=hint or _LOOK,
    )
