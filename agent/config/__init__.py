"""The unit's configuration: one TOML file in, settings for the service out, or every mistake in it.

In: a path. Out: `Settings`, or `ConfigurationError` with the whole report as its text. Never: a default where a
person has to decide (overflow policy, licence, contact, suppression).

The checker is loaded when something is checked: a service that was given its settings lives without it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from agent.config.plans import (
    BusKind,
    BusPlan,
    ClockSettings,
    ClockSource,
    ControlPlan,
    MqttVersion,
    SensorPlan,
    Settings,
    StreamPlan,
    StreamText,
    UnitSettings,
    UplinkPlan,
)
from agent.errors import ConfigurationError

if TYPE_CHECKING:
    from agent.config.catalogue import Catalogue
    from agent.config.check import Outcome

__all__ = [
    "BusKind",
    "BusPlan",
    "ClockSettings",
    "ClockSource",
    "ControlPlan",
    "MqttVersion",
    "SensorPlan",
    "Settings",
    "StreamPlan",
    "StreamText",
    "UnitSettings",
    "UplinkPlan",
    "examine",
    "load",
]


def examine(path: Path, *, catalogue: "Catalogue | None" = None) -> "Outcome":
    """Return what is wrong with a file, and its settings when nothing is.

    Raises:
        Unusable: it cannot be read, or is no TOML.
    """
    from agent.config.catalogue import installed  # noqa: PLC0415 - see the module
    from agent.config.check import check  # noqa: PLC0415 - see the module
    from agent.tomlfile import read  # noqa: PLC0415 - see the module

    return check(read(path), catalogue or installed(path.parent), folder=path.absolute().parent)


def load(path: Path, *, catalogue: "Catalogue | None" = None) -> Settings:
    """Return the settings in a file.

    Raises:
        ConfigurationError: with every mistake, each at its place.
    """
    from agent.tomlfile import Unusable  # noqa: PLC0415 - see the module

    try:
        outcome = examine(path, catalogue=catalogue)
    except Unusable as error:
        raise ConfigurationError(str(error)) from error
    if outcome.settings is None:
        raise ConfigurationError(outcome.report.text())
    return outcome.settings
