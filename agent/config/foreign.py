"""Rules about sensor models that other packages bring: one of each name, whole, and in units that the city knows.

In: a sensor's table, the name of its model. Out: the model, or problems at its `model` key. Never: code of a package
that this configuration does not name.
"""

import re
from typing import TYPE_CHECKING, Final

from agent.tomlfile import Table, quoted
from agent.wire.units import is_unit
from drivers.model import Model
from drivers.plugins import PluginError
from drivers.reading import Channel, Sensitivity

if TYPE_CHECKING:
    from agent.config.catalogue import Catalogue

_NAME: Final = re.compile("[a-z][a-z0-9_]{0,62}")
_OF_PEOPLE: Final = frozenset({Sensitivity.COUNT, Sensitivity.IDENTIFIER})


def load_named(table: Table, name: str, catalogue: "Catalogue") -> Model | None:
    """Return the model that a sensor names, None after reporting why it cannot be used."""
    contested = catalogue.contested.get(name)
    if contested is not None:
        _refuse(table, "plugin-conflict", contested)
        return None
    if name not in catalogue.foreign:
        return catalogue.load(name)
    try:
        model = catalogue.load(name)
    except PluginError as error:
        _refuse(table, "broken-plugin", error)
        return None
    problem = next(filter(None, map(fault, model.channels)), None) or twice(model)
    if problem is not None:
        packages = catalogue.foreign[name]
        _refuse(table, "broken-plugin", PluginError(name, (packages,), f"{problem}; have the package corrected"))
        return None
    return model


def fault(channel: Channel) -> str | None:
    """Return what makes a channel unfit to be released, None if nothing does.

    What is built in is tested for this before it is delivered.
    """
    where = f"its channel {channel.name!r}"
    if not _NAME.fullmatch(channel.name):
        return f"{where} has another name than a lower-case letter, then lower-case letters, digits and _"
    if channel.sensitivity in _OF_PEOPLE and channel.group is None:
        return f"{where} is of class {channel.sensitivity} and names no group"
    if channel.sensitivity is Sensitivity.IDENTIFIER:
        return None
    if not is_unit(channel.unit):
        return f"{where} has the unit {channel.unit!r}, which the registry of SenML does not have"
    return (
        None if channel.minimum < channel.maximum else f"{where} has no range: its minimum is not below its maximum"
    )


def twice(model: Model) -> str | None:
    """Return which channel a model has twice, in words, None when it has none."""
    names = [channel.name for channel in model.channels]
    found = next((name for name in names if names.count(name) > 1), None)
    if not names:
        return "it has no channels"
    return None if found is None else f"it has the channel {found!r} twice"


def _refuse(table: Table, code: str, error: PluginError) -> None:
    table.problem(
        "model",
        code,
        str(error),
        expected="a model that is built in, or that one package brings whole",
        found=quoted(error.name),
        hint="lamppost sensors lists the models that there are, and whose they are",
    )
