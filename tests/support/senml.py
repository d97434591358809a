"""A SenML reader written from RFC 8428 alone, to judge our packs by: packs in, resolved records out."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import cbor2

Record = dict[str, Any]

_CBOR_LABELS = {
    -6: "bs",
    -5: "bv",
    -4: "bu",
    -3: "bt",
    -2: "bn",
    -1: "bver",
    0: "n",
    1: "u",
    2: "v",
    3: "vs",
    4: "vb",
    5: "s",
    6: "t",
    7: "ut",
    8: "vd",
}
_KNOWN = frozenset(_CBOR_LABELS.values())
_DEFAULT_VERSION = 10
_UNDERSTOOD_FEATURES = 0b11010


class Refused(Exception):
    """The pack has something that a reader must understand, and this one does not."""


def from_json(text: str) -> list[Record]:
    """Return the records of ``application/senml+json``; numbers keep their digits."""
    records = json.loads(text, parse_float=Decimal)
    assert isinstance(records, list)
    return records


def from_cbor(data: bytes) -> list[Record]:
    """Return the records of ``application/senml+cbor`` under the labels of JSON."""
    return [
        {_CBOR_LABELS.get(label, label): _exact(value) for label, value in record.items()}
        for record in cbor2.loads(data)
    ]


def resolve(pack: list[Record], *, understood: frozenset[str] = frozenset()) -> list[Record]:
    """Return the resolved records of a pack, in chronological order (section 4.6)."""
    base: Record = {}
    resolved = []
    for record in pack:
        _refuse_unknown(record, understood)
        base |= {label: value for label, value in record.items() if label in {"bn", "bt", "bu", "bv", "bs", "bver"}}
        resolved.append(_apply(base, record))
    return sorted(resolved, key=lambda record: Decimal(record.get("t", 0)))


def _apply(base: Mapping[str, Any], record: Mapping[str, Any]) -> Record:
    out = {label: value for label, value in record.items() if label in _KNOWN and not label.startswith("b")}
    out |= {label: value for label, value in record.items() if label not in _KNOWN}
    out["n"] = base.get("bn", "") + record.get("n", "")
    if "bu" in base:
        out.setdefault("u", base["bu"])
    time = Decimal(base.get("bt", 0)) + Decimal(record.get("t", 0))
    if time:
        out["t"] = time
    for label in ("v", "s"):
        if label in record or "b" + label in base:
            out[label] = Decimal(base.get("b" + label, 0)) + Decimal(record.get(label, 0))
    if base.get("bver", _DEFAULT_VERSION) > _DEFAULT_VERSION:
        out["bver"] = base["bver"]
    return out


def _refuse_unknown(record: Mapping[str, Any], understood: frozenset[str]) -> None:
    for label in record:
        if label.endswith("_") and label not in understood:
            raise Refused(label)
    if record.get("bver", _DEFAULT_VERSION) & ~_UNDERSTOOD_FEATURES > _DEFAULT_VERSION:
        raise Refused("bver")


def _exact(value: object) -> object:
    return Decimal(repr(value)) if isinstance(value, float) else value
