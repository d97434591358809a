"""How a sensor can be, and what it means when it cannot be opened at the start."""

from enum import StrEnum


class SensorState(StrEnum):
    """How a sensor is."""

    OK = "ok"
    FAILING = "failing"
    ABSENT = "absent"
    PAUSED = "paused"
    """Closed, because it must not or need not be sampled now."""


class StartPolicy(StrEnum):
    """What it means when a sensor cannot be opened at the start, once.

    A sensor that is paused at the start has none: when it goes on it is tried again like one that failed later. Only
    `IGNORE` holds for the first attempt whenever that is.
    """

    RETRY = "retry"
    """It is tried again, like one that fails later."""
    REQUIRED = "required"
    """The error is raised: the agent stops."""
    IGNORE = "ignore"
    """It is left alone until the next start."""
