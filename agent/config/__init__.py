"""The unit's configuration: one TOML file in, settings for the service out, or every mistake in it.

In: a path. Out: `Settings`, or `ConfigurationError` with the whole report as its text. Never: a default where a
person has to decide (overflow policy, licence, contact, suppression).
"""

from pathlib import Path

from agent.config.catalogue import Catalogue, installed
from agent.config.check import Outcome, check
from agent.config.plans import (
    BusKind,
    BusPlan,
    ClockSettings,
    ClockSource,
    MqttVersion,
    SensorPlan,
    Settings,
    StreamPlan,
    StreamText,
    UnitSettings,
    UplinkPlan,
)
from agent.errors import ConfigurationError
from agent.tomlfile import Unusable, read

__all__ = [
    "BusKind",
    "BusPlan",
    "Catalogue",
    "ClockSettings",
    "ClockSource",
    "MqttVersion",
    "Outcome",
    "SensorPlan",
    "Settings",
    "StreamPlan",
    "StreamText",
    "UnitSettings",
    "UplinkPlan",
    "check",
    "examine",
    "installed",
    "load",
]


def examine(path: Path, *, catalogue: Catalogue | None = None) -> Outcome:
    """Return what is wrong with a file, and its settings when nothing is.

    Raises:
        Unusable: it cannot be read, or is no TOML.
    """
    return check(read(path), catalogue or installed(), folder=path.absolute().parent)


def load(path: Path, *, catalogue: Catalogue | None = None) -> Settings:
    """Return the settings in a file.

    Raises:
        ConfigurationError: with every mistake, each at its place.
    """
    try:
        outcome = examine(path, catalogue=catalogue)
    except Unusable as error:
        raise ConfigurationError(str(error)) from error
    if outcome.settings is None:
        raise ConfigurationError(outcome.report.text())
    return outcome.settings
