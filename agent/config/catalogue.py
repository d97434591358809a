"""The sensor models that a configuration may name, as the checker sees them.

In: the driver registry, or a stand-in. Out: names, and descriptions of those that are named. Never: a driver that no
configuration asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drivers.model import Model


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Models by name.

    Attributes:
        names: every model there is.
        load: returns the description of one of them.
    """

    names: Sequence[str]
    load: Callable[[str], Model]


def installed() -> Catalogue:
    """Return the models that are installed."""
    from drivers import registry  # noqa: PLC0415 - a checker with a stand-in needs no drivers

    return Catalogue(tuple(registry.names()), registry.load)
