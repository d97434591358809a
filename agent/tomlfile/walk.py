"""Compares what a TOML file says with a model, and reports every difference at its place.

A model is a msgspec struct or a dataclass: its fields are the keys, their types and `msgspec.Meta` the values that
may stand there. In: a document and a model. Out: a `Table` that holds what was right (of documents with mistakes
too, so that rules over several keys still find the rest), and problems. Never: what keys mean together.

``msgspec.Meta(extra=...)`` may carry ``is`` (what the value is, in words), ``code`` (of the problem), ``minimum``
and ``maximum`` (of quantities, in their base unit), ``keys`` (see `keys`).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from msgspec import inspect as model

from agent.tomlfile import spot as leaf
from agent.tomlfile.document import Document, dotted
from agent.tomlfile.keys import Keys, keys_of
from agent.tomlfile.problem import Report, quoted
from agent.tomlfile.scan import Path
from agent.tomlfile.spot import INVALID, Invalid, Spot, matches, propose_name
from agent.tomlfile.table import Table
from agent.tomlfile.words import members, unwrap, words

Record = model.StructType | model.DataclassType
_NOTHING: Final[Mapping[str, Any]] = {}


def check(document: Document, kind: type[Any], *, report: Report) -> Table:
    """Return the whole document compared with the model `kind`."""
    return check_table(document, kind, path=(), values=document.values, report=report)


def check_table(
    document: Document, kind: type[Any], *, path: Path, values: Mapping[str, Any], report: Report
) -> Table:
    """Return one table compared with the model `kind`."""
    described = model.type_info(kind)
    if not isinstance(described, Record):
        raise TypeError(f"{kind} is neither a struct nor a dataclass")
    return _Walker(document, report).record(path, values, described)


@dataclass(frozen=True, slots=True)
class _Walker:
    document: Document
    report: Report

    def value(self, path: Path, value: object, kind: model.Type, extra: Mapping[str, Any] = _NOTHING) -> object:
        """Return the value as the model has it, or `INVALID` after reporting it."""
        if isinstance(kind, model.Metadata):
            return self.value(path, value, kind.type, {**extra, **(kind.extra or {})})
        if isinstance(kind, model.UnionType):
            return self.value(path, value, _member(kind, value), extra)
        spot = Spot(self.document, self.report, path, value, extra)
        if isinstance(kind, Record):
            return self.record(path, value, kind) if isinstance(value, Mapping) else spot.wrong_type(kind)
        if isinstance(kind, model.DictType):
            return self.named(path, value, kind) if isinstance(value, Mapping) else spot.wrong_type(kind)
        if isinstance(kind, model.TupleType):
            fits = isinstance(value, list) and len(value) == len(kind.item_types)
            return self.items(spot, list(kind.item_types)) if fits else spot.wrong_type(kind)
        if isinstance(kind, model.ListType | model.VarTupleType):
            return self.many(spot, kind)
        return _leaf(spot, kind)

    def record(self, path: Path, values: Mapping[str, Any], described: Record) -> Table:
        known = {entry.encode_name: entry for entry in described.fields}
        right: dict[str, Any] = {}
        seen = set(values)
        for key, value in values.items():
            if key in known:
                result = self.value((*path, key), value, known[key].type)
                right |= {} if isinstance(result, Invalid) else {key: result}
            else:
                meant = self.unknown_key((*path, key), keys_of(described, values))
                seen |= set() if meant is None else {meant}
        for key, entry in known.items():
            if entry.required and key not in seen:
                self.missing((*path, key), entry.type)
        return Table(self.document, self.report, path, right, frozenset(seen))

    def named(self, path: Path, values: Mapping[str, Any], kind: model.DictType) -> Table:
        right: dict[str, Any] = {}
        for key, value in values.items():
            self.check_name((*path, key), kind.key_type)
            result = self.value((*path, key), value, kind.value_type)
            right |= {} if isinstance(result, Invalid) else {key: result}
        return Table(self.document, self.report, path, right, frozenset(values))

    def many(self, spot: Spot, kind: model.ListType | model.VarTupleType) -> object:
        if not isinstance(spot.value, list):
            return spot.wrong_type(kind)
        if len(spot.value) < (kind.min_length or 0):
            return spot.problem("empty", "is empty", expected=words(kind, spot.extra))
        return self.items(spot, [kind.item_type] * len(spot.value))

    def items(self, spot: Spot, kinds: list[model.Type]) -> object:
        results = [self.value((*spot.path, index), item, kinds[index]) for index, item in enumerate(spot.value)]
        return INVALID if any(isinstance(result, Invalid) for result in results) else tuple(results)

    def check_name(self, path: Path, kind: model.Type) -> None:
        names, extra = unwrap(kind)
        name = str(path[-1])
        if not isinstance(names, model.StrType) or names.pattern is None or matches(names.pattern, name):
            return
        problem = self.document.problem(
            path,
            code="bad-name",
            message=f"{quoted(name)} cannot be a name",
            expected=words(names, extra),
            found=quoted(name),
            hint=propose_name(name, names.pattern),
        )
        self.report.add(problem)

    def unknown_key(self, path: Path, keys: Keys) -> str | None:
        """Report the key and return the one that was probably meant: it is wrong then, not missing."""
        where = f"[{dotted(path[:-1])}]" if len(path) > 1 else "this file"
        problem = self.document.problem(
            path,
            code="unknown-key",
            message=f"{where}{keys.whose()} knows no key {quoted(path[-1])}",
            expected=keys.expected(),
            found=quoted(path[-1]),
            hint=keys.hint(str(path[-1])),
        )
        self.report.add(problem)
        return keys.meant(str(path[-1]))

    def missing(self, path: Path, kind: model.Type) -> None:
        inner, extra = unwrap(kind)
        section = isinstance(inner, Record | model.DictType)
        where = f"[{dotted(path[:-1])}]" if len(path) > 1 else "this file"
        what = f"section [{dotted(path)}]" if section else f"key {quoted(path[-1])}"
        problem = self.document.problem(
            path,
            code="missing-section" if section else "missing-key",
            message=f"{where} lacks the {what}",
            expected=words(inner, extra),
            found="nothing",
        )
        self.report.add(problem)


def _leaf(spot: Spot, kind: model.Type) -> object:
    if isinstance(kind, model.StrType):
        return leaf.text(spot, kind)
    if isinstance(kind, model.IntType):
        return leaf.integer(spot, kind)
    if isinstance(kind, model.DecimalType | model.FloatType):
        return leaf.number(spot, kind)
    if isinstance(kind, model.BoolType):
        return leaf.truth(spot, kind)
    if isinstance(kind, model.LiteralType | model.EnumType):
        return leaf.choice(spot, kind)
    if isinstance(kind, model.CustomType):
        return leaf.quantity(spot, kind)
    if isinstance(kind, model.DateTimeType):
        return leaf.moment(spot, kind)
    if isinstance(kind, model.DateType):
        return leaf.day(spot, kind)
    if isinstance(kind, model.AnyType):
        return spot.value
    raise TypeError(f"a model for TOML cannot have {kind}")


def _member(kind: model.UnionType, value: object) -> model.Type:
    """Return the member of a union that `value` was probably meant to be: the first one by default."""
    possible = members(kind)
    return next((entry for entry in possible if _fits(unwrap(entry)[0], value)), possible[0])


def _fits(kind: model.Type, value: object) -> bool:
    if isinstance(value, bool):
        return isinstance(kind, model.BoolType)
    if isinstance(value, Mapping):
        return isinstance(kind, Record | model.DictType)
    if isinstance(value, str):
        return isinstance(kind, model.StrType | model.LiteralType | model.EnumType | model.CustomType)
    if isinstance(value, int):
        return isinstance(kind, model.IntType)
    if isinstance(value, dt.datetime):
        return isinstance(kind, model.DateTimeType)
    return isinstance(value, Decimal) and isinstance(kind, model.DecimalType | model.FloatType)
