"""The sensor models that a configuration may name, as the checker sees them.

In: the driver registry, or a stand-in. Out: names, and descriptions of those that are named. Never: a driver that no
configuration asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.config.declared import BESIDE, shipped
from drivers.model import Model
from drivers.plugins import PluginError


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Models by name.

    Attributes:
        names: every model there is, those of other packages included.
        load: returns the description of one of them.
        folders: where files declare further ones; the first folder that has a name decides.
        foreign: models of other packages, by name, with the package and its version. Their code is loaded for those
            that a configuration names, and no others.
        contested: names that cannot be used because several bring them, with who does.
    """

    names: Sequence[str]
    load: Callable[[str], Model]
    folders: tuple[Path, ...] = ()
    foreign: Mapping[str, str] = field(default_factory=dict)
    contested: Mapping[str, PluginError] = field(default_factory=dict)


def installed(folder: Path | None = None) -> Catalogue:
    """Return the models that are installed, and those that files declare.

    Args:
        folder: of the configuration, whose own devices go before the shipped ones.
    """
    from drivers import plugins, registry  # noqa: PLC0415 - a checker with a stand-in needs no drivers

    own = () if folder is None else (folder / BESIDE,)
    foreign = {plugin.name: plugin.package for plugin in plugins.plugins() if plugin.name not in registry.MODELS}
    return Catalogue(
        (*registry.names(), *foreign),
        registry.load,
        (*own, shipped()),
        foreign=foreign,
        contested=plugins.conflicts(registry.MODELS),
    )
