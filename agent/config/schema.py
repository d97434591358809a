"""JSON Schema (draft-07) of a unit's configuration, so that an editor marks the exact key while somebody types.

In: the model and the sensor models. Out: a schema as plain values. Never: rules over several keys; `lamppost check`
has those. Types with several forms are merged, not listed in ``anyOf``, because an editor then marks only the whole.
"""

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import inspect as described

from agent.config import dtpr
from agent.config.catalogue import Catalogue
from agent.config.check_bus import NEEDED
from agent.config.declared import names as declared
from agent.config.model import Configuration
from agent.config.model_sensors import KEYS, Bus, Sensor
from agent.config.plans import BusKind
from agent.tomlfile import Quantity
from agent.tomlfile.words import members
from drivers.model import I2cModel, ModbusModel, Model, SysfsModel

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_ENTRY: Final = re.compile(r"^ {4}([a-z_0-9, ]+): (.*)$")
_PLAIN: Final = (
    (described.BoolType, "boolean"),
    ((described.DecimalType, described.FloatType), "number"),
)

Schema = dict[str, Any]


def schema(catalogue: Catalogue) -> Schema:
    """Return the schema, with the options of every model; of those that packages or files bring, the names only."""
    models = [catalogue.load(name) for name in catalogue.names if name not in catalogue.foreign]
    known = [*catalogue.names, *(name for name in declared(catalogue.folders) if name not in catalogue.names)]
    root = _Maker(tuple(models), known).type(described.type_info(Configuration))
    return {"$schema": DRAFT, "title": "Lamppost unit", **root}


def explanations(kind: type[Any]) -> dict[str, str]:
    """Return what each key is for, from the ``Attributes:`` of a docstring."""
    text = inspect.getdoc(kind) or ""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in text.partition("Attributes:")[2].splitlines():
        entry = _ENTRY.match(line)
        if entry is not None:
            names = [name.strip() for name in entry[1].split(",")]
            found |= dict.fromkeys(names, entry[2])
        elif line.strip():
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
    return found


class _Maker:
    def __init__(self, models: tuple[Model, ...], names: Sequence[str]) -> None:
        self._models = models
        self._names = names

    def type(self, kind: described.Type) -> Schema:
        if isinstance(kind, described.Metadata):
            return self._annotated(kind)
        if isinstance(kind, described.UnionType):
            return _merged(self.type(entry) for entry in members(kind))
        if isinstance(kind, described.StructType | described.DataclassType):
            return self._record(kind)
        if isinstance(kind, described.DictType):
            return self._named(kind)
        if isinstance(kind, described.VarTupleType | described.ListType):
            return _present(type="array", items=self.type(kind.item_type), minItems=kind.min_length)
        if isinstance(kind, described.TupleType):
            count = len(kind.item_types)
            items = [self.type(item) for item in kind.item_types]
            return {"type": "array", "items": items, "minItems": count, "maxItems": count}
        return _leaf(kind)

    def _annotated(self, kind: described.Metadata) -> Schema:
        result = self.type(kind.type)
        extra = kind.extra or {}
        if extra.get("choices") == "models":
            result["enum"] = list(self._names)
        if extra.get("choices") == "dtpr":
            result["enum"] = list(dtpr.TITLES)
        return result

    def _named(self, kind: described.DictType) -> Schema:
        names = self.type(kind.key_type)
        if "pattern" not in names:
            return {"type": "object"}
        return {
            "type": "object",
            "patternProperties": {names["pattern"]: self.type(kind.value_type)},
            "additionalProperties": False,
        }

    def _record(self, kind: described.StructType | described.DataclassType) -> Schema:
        texts = explanations(kind.cls)
        properties = {
            field.encode_name: {**self.type(field.type), **_texts(field, texts.get(field.encode_name))}
            for field in kind.fields
        }
        result: Schema = {
            "type": "object",
            "description": (inspect.getdoc(kind.cls) or "").partition("\n")[0],
            "properties": properties,
            "additionalProperties": False,
        }
        required = [field.encode_name for field in kind.fields if field.required]
        if required:
            result["required"] = required
        if kind.cls is Sensor:
            result["allOf"] = [self._conditions(model) for model in self._models]
        if kind.cls is Bus:
            result["allOf"] = [_bus_conditions(bus) for bus in BusKind]
        return result

    def _conditions(self, model: Model) -> Schema:
        """Return what a sensor of this model may have besides."""
        options = self.type(described.type_info(model.options))
        then: Schema = {"properties": {"options": {**options, "description": f"Options of {model.title}."}}}
        required = [] if isinstance(model, SysfsModel) else ["bus"]
        if not isinstance(model, ModbusModel):
            then["properties"]["slave"] = {"not": {}, "description": "Only Modbus devices have a slave number."}
        else:
            required.append("slave")
        if not isinstance(model, I2cModel):
            then["properties"]["address"] = {"not": {}, "description": "Only chips on I2C have an address."}
        else:
            then["properties"]["address"] = {"enum": list(model.addresses)}
            if len(model.addresses) > 1:
                required.append("address")
        if required:
            then["required"] = required
        return {"if": {"properties": {"model": {"const": model.name}}, "required": ["model"]}, "then": then}


def _bus_conditions(kind: BusKind) -> Schema:
    """Return what a bus of this kind needs, and what it cannot have."""
    others = sorted({key for keys in KEYS.values() for key in keys} - set(KEYS[kind]))
    refused: Schema = {key: {"not": {}, "description": f"A bus of kind {kind.value} has none."} for key in others}
    then: Schema = {"properties": refused, "required": [key for key in KEYS[kind] if key in NEEDED]}
    return {"if": {"properties": {"kind": {"const": kind.value}}, "required": ["kind"]}, "then": then}


def _leaf(kind: described.Type) -> Schema:
    if isinstance(kind, described.StrType):
        return _present(type="string", minLength=kind.min_length, maxLength=kind.max_length, pattern=kind.pattern)
    if isinstance(kind, described.IntType):
        return _present(type="integer", minimum=kind.ge, maximum=kind.le)
    if isinstance(kind, described.LiteralType):
        return {"type": "string", "enum": list(kind.values)}
    if isinstance(kind, described.EnumType):
        return {"type": "string", "enum": [entry.value for entry in kind.cls]}
    if isinstance(kind, described.CustomType) and issubclass(kind.cls, Quantity):
        return {"type": "string", "pattern": kind.cls.pattern()}
    for handled, name in _PLAIN:
        if isinstance(kind, handled):
            return {"type": name}
    if isinstance(kind, described.DateType):
        return {"type": "string", "format": "date"}  # what editors make of a date of TOML
    if isinstance(kind, described.AnyType):
        return {}
    raise TypeError(f"a configuration cannot have {kind}")


def _merged(forms: Iterable[Schema]) -> Schema:
    """Return one schema for several JSON types; the keywords of one type say nothing about another."""
    result: Schema = {}
    types: list[str] = []
    for form in forms:
        types.append(form["type"])
        result |= form
    return {**result, "type": types[0] if len(types) == 1 else types}


def _present(**keywords: object) -> Schema:
    return {key: value for key, value in keywords.items() if value is not None}


def _texts(field: described.Field, text: str | None) -> Mapping[str, Any]:
    result: Schema = {} if text is None else {"description": text}
    default = field.default
    if isinstance(default, Quantity):
        result["default"] = default.written()
    elif isinstance(default, str | int):
        result["default"] = default
    return result
