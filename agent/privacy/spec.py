"""What a stream may release, after the checker has resolved the configuration."""

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedChannel:
    """One channel of a stream.

    Attributes:
        name: what the city calls it.
        sensor: configured name of the sensor.
        source: the driver's channel.
        rule: how a window is aggregated.
        unit: SenML unit of the released value. Rules change the power of ten, never the unit.
        exponent: released values are integers in units of ``10 ** exponent``.
        resolution: rounding step, in those units; at least 1.
        minimum: smallest value that may leave, in those units. An aggregate outside is withheld as out of range
            for `measurement`, clamped for counts.
        maximum: largest value that may leave, in those units.
        grid_m: edge of the location grid in metres; only with `Rule.GRID`.
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
        """The class of what leaves: a distinct count has class `count` again."""
        return Sensitivity.COUNT if self.rule is Rule.COUNT_DISTINCT else self.source.sensitivity

    @property
    def counts(self) -> bool:
        """Whether what leaves is a number of people, vehicles or sightings: clamped, not withheld, at its range."""
        return self.sensitivity is Sensitivity.COUNT or (self.rule is Rule.COUNT and self.group is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """One stream.

    Attributes:
        name: the stream's identifier.
        window_ms: length of its windows.
        channels: what leaves, in the order of the columns.
        suppress_below: k: a group with fewer contributors is suppressed whole. None only if no channel has a group.
    """

    name: str
    window_ms: int
    channels: tuple[ReleasedChannel, ...]
    suppress_below: int | None = None
