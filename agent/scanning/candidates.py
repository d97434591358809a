"""The models that a scan can recognise, with how each is told from others.

In: the registry of built-in models. Out: candidates, by address for I2C. Never: a model of another package, whose
code runs only when a configuration names it; a device that files declare.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Final, Self

from drivers import registry
from drivers.identity import I2cIdentity, SerialIdentity
from drivers.model import I2cModel, SerialModel

MODULE: Final = "identity"
"""The module of a model's package that holds its `IDENTITY`."""


@dataclass(frozen=True, slots=True)
class OnI2c:
    """A model on I2C."""

    model: I2cModel
    identity: I2cIdentity


@dataclass(frozen=True, slots=True)
class OnLine:
    """A model on a serial line."""

    model: SerialModel
    identity: SerialIdentity

    @property
    def rates(self) -> frozenset[int]:
        """Bits a second that it may be used with."""
        return frozenset({self.model.baudrate, *self.identity.rates})


@dataclass(frozen=True, slots=True)
class Candidates:
    """All models that can be recognised."""

    chips: tuple[OnI2c, ...]
    lines: tuple[OnLine, ...]

    @classmethod
    def built_in(cls) -> Self:
        """Return those that are built in."""
        chips, lines = list[OnI2c](), list[OnLine]()
        for model, identity in _identities():
            if isinstance(model, I2cModel) and isinstance(identity, I2cIdentity):
                chips.append(OnI2c(model, identity))
            elif isinstance(model, SerialModel) and isinstance(identity, SerialIdentity):
                lines.append(OnLine(model, identity))
            else:
                raise TypeError(f"drivers.{model.name}.{MODULE}.IDENTITY is not of the kind of its model")
        return cls(tuple(chips), tuple(lines))

    def at(self, address: int) -> list[OnI2c]:
        """Return the models that can have an address, in the order in which they are asked for.

        What writes least goes first, and of that what is surest.
        """
        fitting = [each for each in self.chips if address in each.model.addresses]
        return sorted(fitting, key=lambda each: (each.identity.touch, -each.identity.certainty, each.model.name))


def _identities() -> Iterator[tuple[I2cModel | SerialModel, object]]:
    for name in registry.names():
        model = registry.load(name)
        module = f"{registry.MODELS[name]}.{MODULE}"
        if isinstance(model, I2cModel | SerialModel) and find_spec(module) is not None:
            yield model, import_module(module).IDENTITY
