"""The sensor models that exist, by name. A model's code is imported when it is asked for, and no other.

In: a name from the configuration. Out: its model. Never: an import of a driver that the configuration does not name.
"""

import difflib
import importlib
from collections.abc import Mapping
from types import MappingProxyType

from drivers.model import I2cModel, Model, SerialModel

MODELS: Mapping[str, str] = MappingProxyType(
    {
        "bme280": "drivers.bme280",
        "gnss": "drivers.gnss",
        "mac_scanner": "drivers.mac_scanner",
        "pmsx003": "drivers.pmsx003",
        "scd4x": "drivers.scd4x",
        "sds011": "drivers.sds011",
    }
)
"""Name of each model, as written in the configuration, and the package that exports it as ``MODEL``."""


class UnknownModel(LookupError):
    """No model has that name.

    Attributes:
        name: what was asked for.
        suggestion: the name that was probably meant, None when nothing is near.
    """

    def __init__(self, name: str, suggestion: str | None) -> None:
        meant = f"; did you mean {suggestion}" if suggestion else ""
        super().__init__(f"no sensor model is called {name!r}{meant}. Models: {', '.join(names())}")
        self.name = name
        self.suggestion = suggestion


def names() -> tuple[str, ...]:
    """Return the names of all models, sorted."""
    return tuple(sorted(MODELS))


def load(name: str) -> Model:
    """Return the model called `name`, importing its package.

    Raises:
        UnknownModel: there is none.
    """
    package = MODELS.get(name)
    if package is None:
        raise UnknownModel(name, suggest(name))
    model = importlib.import_module(package).MODEL
    if not isinstance(model, I2cModel | SerialModel):
        raise TypeError(f"{package}.MODEL must be an I2cModel or a SerialModel")
    return model


def suggest(name: str) -> str | None:
    """Return the model name nearest to `name`, None when nothing is near."""
    near = difflib.get_close_matches(name.lower().replace("-", "_"), MODELS, n=1, cutoff=0.6)
    return near[0] if near else None
