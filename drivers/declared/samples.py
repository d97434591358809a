"""What the parsers of declared devices give: the values of one sample, and the ticks behind them. Pure.

In: raw numbers by channel. Out: `Sample`. Never: text: it becomes a number, an identifier's bytes, or nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.declared.fields import Field, Raw
from drivers.declared.scaling import Scaling
from drivers.reading import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample."""

    values: Mapping[str, Value] = field(repr=False)
    raw: Mapping[str, int] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A channel whose number stands in bytes."""

    name: str
    field: Field
    scaling: Scaling


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A channel of class identifier: some bytes as they are. All zeros and all ones are nobody."""

    name: str
    at: int
    length: int

    @property
    def end(self) -> int:
        """Offset of the byte behind it."""
        return self.at + self.length


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What must hold for a sample to be believed: a status that says so, a fixed byte.

    Attributes:
        field: where to look.
        allowed: what may stand there.
        otherwise: what it means when something else does.
    """

    field: Field
    allowed: tuple[int, ...]
    otherwise: str

    def holds(self, data: bytes) -> bool:
        """Return whether it holds."""
        return self.field.read(data) in self.allowed


def decoded(channels: tuple[Number | Identifier, ...], data: bytes) -> Sample:
    """Return the sample that the bytes hold; they reach to the end of every channel."""
    values: dict[str, Value] = {}
    ticks: dict[str, int] = {}
    for channel in channels:
        if isinstance(channel, Identifier):
            values[channel.name] = somebody(data[channel.at : channel.end])
            continue
        raw: Raw = channel.field.read(data)
        values[channel.name] = channel.scaling.value(raw)
        if isinstance(raw, int):
            ticks[channel.name] = raw
    return Sample(values=values, raw=ticks)


def somebody(content: bytes) -> bytes | None:
    """Return an identifier, None when it stands for nobody."""
    return None if content in (bytes(len(content)), b"\xff" * len(content)) else content
