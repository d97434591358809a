"""What a model allows and what a file says, in words.

In: types of `msgspec.inspect`, values of the TOML parser. Out: parts of sentences. Never: a decision.
"""

import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any, Final

from msgspec import inspect as model

from agent.tomlfile.problem import quoted
from agent.tomlfile.quantities import Quantity
from agent.tomlfile.scan import Path

_SHAPES: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (str, "the text"),
    (int, "the number"),
    (Decimal, "the number"),
    ((date, time), "the date or time"),
)
_NOUNS: Final[tuple[tuple[type[model.Type] | tuple[type[model.Type], ...], str], ...]] = (
    (model.StrType, "a text in double quotes"),
    (model.BoolType, "true or false"),
    (model.DateTimeType, "a date with a time, without quotes, such as 2026-01-31T12:00:00Z"),
    (model.DateType, "a date, without quotes, such as 2026-01-31"),
    ((model.DecimalType, model.FloatType), "a number"),
    ((model.StructType, model.DataclassType, model.DictType), "a section with keys of its own"),
    ((model.ListType, model.VarTupleType), "a list in square brackets"),
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CONTAINERS: Final = (model.ListType, model.VarTupleType, model.TupleType)


def unwrap(kind: model.Type) -> tuple[model.Type, Mapping[str, Any]]:
    """Return a type without its metadata, and that metadata; of an optional type, the type that is not None."""
    extra: dict[str, Any] = {}
    while isinstance(kind, model.Metadata | model.UnionType):
        if isinstance(kind, model.Metadata):
            extra |= kind.extra or {}
            kind = kind.type
        else:
            kind = members(kind)[0]
    return kind, extra


def members(kind: model.UnionType) -> list[model.Type]:
    """Return the types of a union that TOML can express: None is a key that is not there."""
    return [entry for entry in kind.types if not isinstance(entry, model.NoneType)]


def words(kind: model.Type, extra: Mapping[str, Any]) -> str:
    """Return what may stand there, with bounds and an example where the model has them."""
    if "is" in extra:
        return str(extra["is"])
    if isinstance(kind, model.IntType):
        return "a whole number" + _bounds(kind.ge, kind.le)
    if isinstance(kind, model.CustomType) and issubclass(kind.cls, Quantity):
        return kind.cls.WHAT + _quantity_bounds(kind.cls, extra)
    if isinstance(kind, model.LiteralType):
        return "one of " + ", ".join(quoted(value) for value in kind.values)
    if isinstance(kind, model.EnumType):
        return "one of " + ", ".join(quoted(entry.value) for entry in kind.cls)
    if isinstance(kind, model.TupleType):
        return f"a list of {len(kind.item_types)} values in square brackets"
    return noun(kind)


def noun(kind: model.Type) -> str:
    """Return the kind of value in a few words."""
    if isinstance(kind, model.IntType):
        return "a whole number"
    if isinstance(kind, model.CustomType):
        return f"a {kind.cls.__name__.lower()}"
    if isinstance(kind, model.TupleType):
        return f"a list of {len(kind.item_types)} values"
    return next((text for handled, text in _NOUNS if isinstance(kind, handled)), "another kind of value")


def shape(value: object) -> str:
    """Return what a file says, and which kind of value that is."""
    if isinstance(value, bool):
        return quoted(value)
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, Mapping):
        return "a section"
    return f"{next((text for handled, text in _SHAPES if isinstance(value, handled)), 'the value')} {quoted(value)}"


def subject(path: Path) -> str:
    """Return how a message names the value at a path."""
    last = path[-1]
    if isinstance(last, int):
        return f"element {last + 1} of {quoted(path[-2])}"
    return quoted(last)


def repair(value: object, kind: model.Type) -> str | None:
    """Return how a value of the wrong type was probably meant, None when nobody can tell."""
    if isinstance(value, str) and isinstance(kind, _CONTAINERS):
        return f"put it in square brackets: [{quoted(value)}]"
    if isinstance(value, str) and _reads_as(value, kind):
        return f"write it without quotes: {value}"
    if isinstance(value, int | Decimal) and isinstance(kind, model.CustomType):
        return f"write it in quotes and with its unit, such as {_example(kind)}"
    if isinstance(value, Mapping | list):
        return None
    return f'write it in quotes: "{value}"' if isinstance(kind, model.StrType) else None


def _reads_as(text: str, kind: model.Type) -> bool:
    if isinstance(kind, model.BoolType):
        return text in {"true", "false"}
    if isinstance(kind, model.DateType):
        return _DAY.fullmatch(text) is not None
    if isinstance(kind, model.IntType):
        return text.lstrip("-").isascii() and text.lstrip("-").removeprefix("0x").isalnum() and text[-1:].isalnum()
    return isinstance(kind, model.DecimalType | model.FloatType) and text.replace(".", "", 1).lstrip("-").isdecimal()


def _example(kind: model.CustomType) -> str:
    return str(kind.cls.WHAT).rpartition("such as ")[2].partition(" or ")[0] if issubclass(kind.cls, Quantity) else ""


def _bounds(low: int | None, high: int | None) -> str:
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f", {low} or more"
    return f", {high} or less" if high is not None else ""


def _quantity_bounds(kind: type[Quantity], extra: Mapping[str, Any]) -> str:
    low, high = (None if extra.get(key) is None else kind(extra[key]).written() for key in ("minimum", "maximum"))
    if low is not None and high is not None:
        return f", from {low} to {high}"
    if low is not None:
        return f", {low} or more"
    return f", {high} or less" if high is not None else ""
