"""What a stream may release, after the checker has resolved the configuration."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from drivers.reading import Channel, Sensitivity


class Rule(StrEnum):
    """How the samples of one window become one number."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    COUNT = "count"
    LAST = "last"
    COUNT_DISTINCT = "count_distinct"
    GRID = "grid"
    MEDIAN = "median"
    P90 = "p90"
    STDEV = "stdev"
    CIRCULAR_MEAN = "circular_mean"
    DWELL = "dwell"
    HISTOGRAM = "histogram"


IDENTIFYING: Final = frozenset({Rule.COUNT_DISTINCT, Rule.DWELL})
"""The rules that take identifiers."""
_COUNT_AGAIN: Final = IDENTIFYING | {Rule.HISTOGRAM}
"""The rules whose result has class `count`, whatever their source has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedChannel:
    """One channel of a stream.

    Attributes:
        name: what the city calls it.
        sensor: configured name of the sensor.
        source: the driver's channel.
        rule: how a window is aggregated.
        unit: SenML unit of the released value: the source's own, `count` for what is counted, `s` for a dwell. Rules
            change the power of ten; nothing is converted.
        exponent: released values are integers in units of ``10 ** exponent``.
        resolution: rounding step, in those units; at least 1.
        minimum: smallest value that may leave, in those units. An aggregate outside is withheld as out of range
            for `measurement`, clamped for counts.
        maximum: largest value that may leave, in those units.
        grid_m: edge of the location grid in metres; only with `Rule.GRID`.
        bins: edges of this bin in the source's units, the lower one included and the upper one not; only with
            `Rule.HISTOGRAM`. The bins of one source are adjacent and ascending; each is a channel.
    """

    name: str
    sensor: str
    source: Channel
    rule: Rule
    unit: str
    exponent: int
    resolution: int
    minimum: int
    maximum: int
    grid_m: int | None = None
    bins: tuple[int, int] | None = None

    @property
    def group(self) -> str | None:
        """The group of people- or vehicle-derived channels this belongs to, qualified by its sensor.

        An identifier or a count that the driver put in no group is a group of its own.
        """
        name = self.source.group
        if name is None and self.source.sensitivity in {Sensitivity.IDENTIFIER, Sensitivity.COUNT}:
            name = self.source.name
        return None if name is None else f"{self.sensor}.{name}"

    @property
    def sensitivity(self) -> Sensitivity:
        """The class of what leaves: a distinct count, a dwell and a histogram have class `count` again.

        A class is not yet a crowd: only what has a `group` is derived from people or vehicles and needs k. The
        histogram of a plain measurement counts samples of nobody.
        """
        return Sensitivity.COUNT if self.rule in _COUNT_AGAIN else self.source.sensitivity

    @property
    def tells_contributors(self) -> bool:
        """Whether the window knows from this column how many people or vehicles its group tells about.

        So does each rule that a number of people may leave by, a distinct count, and a dwell, which remembers
        everybody that it is about. The bins of a histogram hold samples, not people.
        """
        return self.rule in IDENTIFYING or self.source.sensitivity is Sensitivity.COUNT

    @property
    def counts(self) -> bool:
        """Whether what leaves is counted, or is how long somebody stayed: clamped, not withheld, at its range."""
        return self.sensitivity is Sensitivity.COUNT or (self.rule is Rule.COUNT and self.group is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Differential privacy of a stream's counts: exact discrete Laplace noise, event-level.

    Attributes:
        epsilon: numerator and denominator of what one window spends.
        daily: numerator and denominator of what one UTC day may spend.
        sensitivity: by how much one event can change the counts of a window, in sum.
    """

    epsilon: tuple[int, int]
    daily: tuple[int, int]
    sensitivity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """One stream.

    Attributes:
        name: the stream's identifier.
        window_ms: length of its windows.
        channels: what leaves, in the order of the columns.
        suppress_below: k: a group with fewer contributors is suppressed whole. None only if no channel has a group.
        noise: differential privacy of its counts, None for none.
    """

    name: str
    window_ms: int
    channels: tuple[ReleasedChannel, ...]
    suppress_below: int | None = None
    noise: Noise | None = None
