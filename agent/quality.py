"""Quality codes: why a released value is null, or what to know about it."""

from enum import IntEnum


class Quality(IntEnum):
    """One code for each value of a released row; the numbers are part of the wire format."""

    OK = 0
    SUPPRESSED = 1
    WITHHELD = 2
    NO_DATA = 3
    SENSOR_FAILING = 4
    OUT_OF_RANGE = 5
    SATURATED = 6
    PARTIAL = 7
    THINNED = 8
    BUDGET_SPENT = 9


PRECEDENCE: tuple[Quality, ...] = (
    Quality.WITHHELD,
    Quality.BUDGET_SPENT,
    Quality.SUPPRESSED,
    Quality.NO_DATA,
    Quality.SENSOR_FAILING,
    Quality.OUT_OF_RANGE,
    Quality.SATURATED,
    Quality.PARTIAL,
    Quality.THINNED,
    Quality.OK,
)
"""When several apply, the first one here is given."""


def strongest(*codes: Quality) -> Quality:
    """Return the code that is given when all of `codes` apply; OK for none."""
    return min(codes, key=PRECEDENCE.index, default=Quality.OK)
