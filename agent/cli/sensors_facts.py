"""What is known of each sensor model, whoever brings it.

In: the catalogue of models. Out: facts, as values and as plain data. Never: a bus; code of a package whose model was
not asked for by name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from agent.config.catalogue import Catalogue
from agent.config.declared import DeclaredModels
from agent.config.foreign import fault
from agent.tomlfile import Report
from drivers.model import Delivery, I2cModel, ModbusModel, Model, SerialModel, SysfsModel
from drivers.plugins import PluginError
from drivers.reading import Channel, Sensitivity

_FEW: Final = 2


class Origin(StrEnum):
    """Who brings a model."""

    BUILT_IN = "built in"
    DECLARED = "declared"
    BRIDGED = "bridged"
    PACKAGE = "package"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One model.

    Attributes:
        name: as written in the configuration.
        origin: who brings it.
        source: the package with its version, or the file; empty for what is built in.
        model: its description, None where its code was not loaded or cannot be used.
        problem: why it cannot be used, empty where it can.
    """

    name: str
    origin: Origin
    source: str = ""
    model: Model | None = field(default=None, repr=False)
    problem: str = ""

    def plain(self) -> dict[str, Any]:
        """Return everything as plain data."""
        facts = {"name": self.name, "origin": self.origin.value, "source": self.source, "problem": self.problem}
        return facts if self.model is None else facts | _facts(self.model)


def listed(catalogue: Catalogue) -> list[Entry]:
    """Return all models: those that are built in, bridges, declared devices, packages; each group by name."""
    declared = DeclaredModels(catalogue.folders)
    own = [_built_in(catalogue, name) for name in catalogue.names if name not in catalogue.foreign]
    entries = [
        *own,
        *(_declared(declared, name) for name in declared.names if name not in catalogue.names),
        *(_foreign(catalogue, name, load=False) for name in catalogue.foreign),
    ]
    return sorted(entries, key=lambda entry: (list(Origin).index(entry.origin), entry.name))


def find(catalogue: Catalogue, name: str) -> Entry | None:
    """Return one model, loading its code; None when there is none of that name."""
    if name in catalogue.foreign:
        return _foreign(catalogue, name, load=True)
    if name in catalogue.names:
        return _built_in(catalogue, name)
    declared = DeclaredModels(catalogue.folders)
    return _declared(declared, name) if declared.has(name) else None


def where(model: Model) -> str:
    """Return what a model is on, in words."""
    match model:
        case I2cModel():
            return f"I2C, address {_addresses(model.addresses)}"
        case SerialModel():
            return f"serial line, {model.baudrate} bits a second"
        case ModbusModel():
            return "Modbus line, slave number as set on the device"
        case SysfsModel():
            return "the kernel, by the device's name"


def _addresses(addresses: Sequence[int]) -> str:
    """Return addresses in words; many that follow each other by their ends."""
    first, last = min(addresses), max(addresses)
    if len(addresses) > _FEW and last - first == len(addresses) - 1:
        return f"0x{first:02x} to 0x{last:02x}"
    return " or ".join(f"0x{address:02x}" for address in addresses)


def pace(model: Model) -> str:
    """Return how often a model gives something, in words."""
    if model.delivery is Delivery.PUSHED:
        return "sends by itself"
    return f"every {model.interval_s:g} s, at most every {model.fastest_s:g} s"


def spread(channel: Channel) -> str:
    """Return a channel's range, empty where it has none."""
    if channel.sensitivity is Sensitivity.IDENTIFIER or channel.minimum >= channel.maximum:
        return ""
    low, high = (Decimal(bound).scaleb(channel.exponent) for bound in (channel.minimum, channel.maximum))
    return f"{low:f} to {high:f}"


def _built_in(catalogue: Catalogue, name: str) -> Entry:
    model = catalogue.load(name)
    contested = catalogue.contested.get(name)
    origin = Origin.BRIDGED if isinstance(model, SysfsModel) else Origin.BUILT_IN
    return Entry(name=name, origin=origin, model=model, problem="" if contested is None else str(contested))


def _declared(declared: DeclaredModels, name: str) -> Entry:
    report = Report()
    model = declared.model(name, report)
    return Entry(
        name=name,
        origin=Origin.DECLARED,
        source=str(declared.file(name) or ""),
        model=model,
        problem=_first(error.headline for error in report.errors()),
    )


def _foreign(catalogue: Catalogue, name: str, *, load: bool) -> Entry:
    package, contested = catalogue.foreign[name], catalogue.contested.get(name)
    if contested is not None or not load:
        problem = "" if contested is None else str(contested)
        return Entry(name=name, origin=Origin.PACKAGE, source=package, problem=problem)
    try:
        model = catalogue.load(name)
    except PluginError as error:
        return Entry(name=name, origin=Origin.PACKAGE, source=package, problem=str(error))
    problem = _first(filter(None, map(fault, model.channels)))
    return Entry(name=name, origin=Origin.PACKAGE, source=package, model=model, problem=problem)


def _first(problems: Iterable[str]) -> str:
    return next(iter(problems), "")


def _facts(model: Model) -> dict[str, Any]:
    return {
        "title": model.title,
        "on": where(model),
        "addresses": list(model.addresses) if isinstance(model, I2cModel) else [],
        "baudrate": model.baudrate if isinstance(model, SerialModel) else None,
        "delivery": model.delivery.value,
        "interval_s": model.interval_s,
        "fastest_s": model.fastest_s,
        "warm_up_s": model.warm_up_s,
        "options": [option.name for option in fields(model.options)],
        "channels": [_channel(channel) for channel in model.channels],
        "agreement": list(model.agreement),
    }


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "title": channel.title,
        "unit": channel.unit,
        "exponent": channel.exponent,
        "range": spread(channel),
        "class": channel.sensitivity.value,
        "group": channel.group,
        "accuracy": channel.accuracy,
        "property": channel.property,
    }
