"""Sensor models that other packages bring: entry points of the group ``lamppost.drivers``.

In: which packages are installed. Out: names, and the model of one that was asked for. Never: code of a package whose
model nobody named; an installation. `importlib.metadata` costs megabytes, so it is loaded only where some package has
such an entry point, which a look at small files tells: a unit with built-in models only does without.
"""

import importlib
import os
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from drivers.model import I2cModel, ModbusModel, Model, SerialModel

GROUP: Final = "lamppost.drivers"
_RECORDS: Final = (".dist-info", ".egg-info")


class PluginError(Exception):
    """A model of another package cannot be used.

    Attributes:
        name: of the model.
        packages: who bring it, each with its version.
    """

    def __init__(self, name: str, packages: tuple[str, ...], problem: str) -> None:
        super().__init__(f"sensor model {name!r} of {' and '.join(packages)}: {problem}")
        self.name = name
        self.packages = packages


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point.

    Attributes:
        name: of the model.
        package: its package with its version, such as ``lamppost-driver-si7021 1.0``.
        module: where ``MODEL`` is.
    """

    name: str
    package: str
    module: str


def plugins() -> tuple[Plugin, ...]:
    """Return what other packages bring, by name; no code of theirs is loaded."""
    return _plugins(tuple(sys.path))


def conflicts(built_in: Collection[str]) -> dict[str, PluginError]:
    """Return for each name that is brought twice, or is a built-in one, what is wrong with that."""
    found: dict[str, list[Plugin]] = {}
    for plugin in plugins():
        found.setdefault(plugin.name, []).append(plugin)
    return {
        name: _conflict(name, packages, built_in=name in built_in)
        for name, packages in found.items()
        if name in built_in or len(packages) > 1
    }


def load(name: str) -> Model | None:
    """Return the model that a package brings under this name, None when none does.

    Raises:
        PluginError: its code fails, or is no model.
    """
    plugin = next((plugin for plugin in plugins() if plugin.name == name), None)
    if plugin is None:
        return None
    model = _import(plugin)
    if not isinstance(model, I2cModel | SerialModel | ModbusModel):
        raise _broken(plugin, f"{plugin.module}.MODEL is no I2cModel, SerialModel or ModbusModel")
    if model.name != name:
        raise _broken(
            plugin, f"its model calls itself {model.name!r}; the entry point and MODEL.name must be the same"
        )
    return model


def _import(plugin: Plugin) -> object:
    try:
        return importlib.import_module(plugin.module).MODEL
    except Exception as error:  # whatever other people's code does
        raise _broken(plugin, f"cannot be imported: {type(error).__name__}: {error}") from error


def _broken(plugin: Plugin, problem: str) -> PluginError:
    remedy = "install a version of it that fits this one of Lamppost, or remove it"
    return PluginError(plugin.name, (plugin.package,), f"{problem}; {remedy}")


def _conflict(name: str, found: list[Plugin], *, built_in: bool) -> PluginError:
    packages = tuple(plugin.package for plugin in found)
    which = "a model of that name is built in" if built_in else "only one may bring a model of that name"
    return PluginError(name, packages, f"{which}; remove the package (pip uninstall), or have its model renamed")


@cache
def _plugins(path: tuple[str, ...]) -> tuple[Plugin, ...]:
    if not any(map(_has_plugin, path)):
        return ()
    from importlib import metadata  # noqa: PLC0415 - see the module

    found = []
    for entry in metadata.entry_points(group=GROUP):
        package = "an unknown package" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"
        found.append(Plugin(entry.name, package, entry.module))
    return tuple(sorted(found, key=lambda plugin: (plugin.name, plugin.package)))


def _has_plugin(folder: str) -> bool:
    return any(GROUP in text for text in _entry_points(folder or os.curdir))


def _entry_points(folder: str) -> Iterator[str]:
    """Yield what the packages in a folder of ``sys.path`` say of their entry points."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names are all that is needed of hundreds of entries
    except OSError:
        return
    for name in names:
        if name.endswith(_RECORDS):
            try:
                yield Path(folder, name, "entry_points.txt").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue  # a package without entry points
