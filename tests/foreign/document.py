"""The rules of docs/wire-format.md, read once more by somebody who has only that page: python-cwt and cbor2 5.

Signatures are python-cwt's business, CBOR is cbor2's; no line of our own code is imported here.
"""

import base64
import hashlib
from typing import Any

import cbor2
from cwt import COSE, COSEKey  # type: ignore[import-not-found]  # lives in .venvs/foreign only

from tests.foreign.answers import check_ack, check_control, check_log
from tests.foreign.declaration import check_declaration
from tests.foreign.primitives import MAX, Refused, data_chain, items, keys, name, need, octets, text, uint

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_KEPT_BACK = {1, 2, 9}


def load_key(vector: dict[str, str]) -> Any:  # noqa: ANN401 - python-cwt has no types
    """Return the public key of a vector, checked against the thumbprint's rule."""
    der, alg = base64.b64decode(vector["public"]), int(vector["alg"])
    required: dict[int, object] = {1: 1, -1: 6, -2: der[-32:]}
    if alg == -9:
        required = {1: 2, -1: 1, -2: der[-64:-32], -3: der[-32:]}
    kid = hashlib.sha256(cbor2.dumps(required)).digest()[:8]
    need(kid.hex() == vector["kid_hex"], "thumbprint")
    return COSEKey.new(required | {2: kid, 3: alg})


def verify(data: bytes, key: Any, typ: str) -> bytes:  # noqa: ANN401 - python-cwt has no types
    """Return the payload of an envelope, by the steps of the document's section on verifying, in their order."""
    protected, payload, signature = _structure(data)
    header = _header(protected)
    need(header[4] == key.kid, "UnknownKey")
    need(header[1] == key.alg, "WrongAlgorithm")
    need(header[16] == typ, "WrongType")
    need(key.alg != -9 or int.from_bytes(signature[32:], "big") <= _P256_ORDER // 2, "BadSignature")
    try:
        _, _, verified = COSE.new().decode_with_headers(data, key)
    except Exception as error:  # python-cwt raises its own, ValueError and others: all mean no
        raise Refused("BadSignature") from error
    need(verified == payload, "BadSignature")
    return payload


def _structure(data: bytes) -> tuple[bytes, bytes, bytes]:
    try:
        tagged = cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError, TypeError) as error:
        raise Refused("NotAnEnvelope") from error
    need(isinstance(tagged, cbor2.CBORTag) and tagged.tag == 18, "NotAnEnvelope")
    need(isinstance(tagged.value, list) and len(tagged.value) == 4, "NotAnEnvelope")
    protected, unprotected, payload, signature = tagged.value
    need(unprotected == {}, "NotAnEnvelope")
    need(all(isinstance(part, bytes) for part in (protected, payload, signature)), "NotAnEnvelope")
    need(len(signature) == 64, "NotAnEnvelope")
    need(cbor2.dumps(tagged, canonical=True) == data, "NotAnEnvelope")
    return protected, payload, signature


def _header(protected: bytes) -> dict[int, Any]:
    try:
        header = cbor2.loads(protected)
    except (cbor2.CBORDecodeError, ValueError, TypeError) as error:
        raise Refused("NotAnEnvelope") from error
    need(isinstance(header, dict) and list(header) == [1, 4, 16], "NotAnEnvelope")
    need(type(header[1]) is int and isinstance(header[16], str), "NotAnEnvelope")
    need(isinstance(header[4], bytes) and len(header[4]) == 8, "NotAnEnvelope")
    need(cbor2.dumps(header) == protected, "NotAnEnvelope")
    return dict(header)


def decode(typ: str, data: bytes) -> dict[int, Any]:
    """Return the fields of a payload, checked by the document's CDDL and the rules beside it."""
    try:
        fields = cbor2.loads(data)
        same = cbor2.dumps(fields, canonical=True) == data
    except (cbor2.CBORError, ValueError, TypeError) as error:
        raise Refused("MalformedPayload") from error
    need(same and isinstance(fields, dict))
    _CHECKS[typ](fields)
    return dict(fields)


def _check_batch(fields: dict[int, Any]) -> None:
    keys(fields, set(range(10)), frozenset({10}))
    data_chain(fields)
    axis = fields[5]
    keys(axis, {0, 1, 2}, frozenset({3}))
    uint(axis[0])
    uint(axis[1], least=1)
    uint(axis[2], least=1, most=4096)
    uint(axis[0] + axis[1] * axis[2])
    if 3 in axis:
        octets(axis[3], 16)
    items(fields[6], 1, 64)
    for column in fields[6]:
        keys(column, {0, 1, 2}, frozenset({3}))
        uint(column[0], most=63)
        uint(column[1], least=-18, most=18)
        unfold(column, axis[2])
    channels = [column[0] for column in fields[6]]
    need(channels == sorted(set(channels)))
    octets(fields[7], 32)
    _check_clock(fields[8])
    need(type(fields[9]) is bool)
    need(10 not in fields or (isinstance(fields[10], bytes) and len(fields[10]) <= 65_535 and not any(fields[10])))


def _check_clock(clock: Any) -> None:  # noqa: ANN401 - whatever was decoded
    keys(clock, {0}, frozenset({1, 2, 3}))
    uint(clock[0], most=2)
    uint(clock.get(1, 0))
    if 2 in clock:
        items(clock[2], 3, 4)
        octets(clock[2][0], 16)
        uint(*clock[2][1:])
    if 3 in clock:
        items(clock[3], 1, 2)
        uint(clock[3][0])
        uint(*clock[3][1:], least=clock[3][0])


def unfold(column: dict[int, Any], rows: int) -> tuple[list[int | None], list[int]]:
    """Return the values and the quality codes of a column."""
    items(column[2], rows, rows)
    values: list[int | None] = []
    last = 0
    for difference in column[2]:
        if difference is not None:
            uint(difference, least=-MAX - 1)
            last += difference
            uint(last, least=-MAX - 1)
        values.append(None if difference is None else last)
    quality = _quality(column, rows)
    for value, code in zip(values, quality, strict=True):
        need(code != 0 if value is None else code not in _KEPT_BACK)
    return values, quality


def _quality(column: dict[int, Any], rows: int) -> list[int]:
    quality: list[int] = []
    if 3 in column:
        items(column[3], 1, rows)
    for run in column.get(3, []):
        items(run, 3, 3)
        uint(*run)
        start, length, code = run
        need(len(quality) <= start and 1 <= length <= rows - start and 1 <= code <= 9)
        need(not quality or start > len(quality) or quality[-1] != code)
        quality += [0] * (start - len(quality)) + [code] * length
    return quality + [0] * (rows - len(quality))


def _check_gap(fields: dict[int, Any]) -> None:
    keys(fields, {0, 1, 2, 3, 4, 7, 8, 9}, frozenset({5, 6, 10}))
    data_chain(fields)
    if 5 in fields:
        items(fields[5], 3, 3)
        uint(*fields[5][:2])
        need(fields[5][0] <= fields[5][1] < fields[3])
        octets(fields[5][2], 32)
    if 6 in fields:
        items(fields[6], 3, 3)
        uint(*fields[6])
        uint(*fields[6][1:], least=1)
        uint(fields[6][0] + fields[6][1] * fields[6][2])
    uint(fields[7])
    uint(fields[8], most=4)
    need(type(fields[9]) is bool)
    if 10 in fields:
        items(fields[10], 2, 2)
        octets(fields[10][0], 8)
        uint(fields[10][1])
        need(fields[8] == 3 and fields[10][0] != fields[1])


def _check_alarm(fields: dict[int, Any]) -> None:
    keys(fields, set(range(14)))
    data_chain(fields)
    name(fields[5])
    uint(fields[6], most=2)
    window = fields[7]
    keys(window, {0, 1}, frozenset({3}))
    uint(window[0])
    uint(window[1], least=1)
    uint(window[0] + window[1])
    octets(window.get(3, bytes(16)), 16)
    uint(fields[9], most=9)
    need((fields[8] is None) == (fields[6] == 2))
    if fields[8] is None:
        need(fields[9] != 0)
    else:
        uint(fields[8], least=-MAX - 1)
        need(fields[9] not in _KEPT_BACK)
    uint(fields[10], least=1)
    octets(fields[11], 32)
    _check_clock(fields[12])
    need(type(fields[13]) is bool)


def _check_status(fields: dict[int, Any]) -> None:
    keys(fields, {*range(7), *range(8, 13)}, frozenset({7, 13, 14}))
    uint(fields[0], least=1, most=1)
    name(fields[1])
    uint(fields[2], most=1)
    uint(fields[3], fields[6], fields.get(7, 0), fields[11])
    text(fields[4])
    octets(fields[5], 16)
    uint(fields[8], most=2)
    for key, most in ((9, 256), (10, 64)):
        items(fields[key], 0, most)
        for pair in fields[key]:
            items(pair, 2, 2)
            name(pair[0])
            uint(pair[1], most=3) if key == 9 else text(pair[1])
        names = [pair[0] for pair in fields[key]]
        need(names == sorted(set(names)))
    items(fields.get(14, [1]), 1, 256)
    suspected = fields.get(14, [])
    for pair in suspected:
        items(pair, 2, 2)
        name(pair[0])
        uint(pair[1], least=1, most=3)
        need(dict(fields[9]).get(pair[0]) == 0)
    need([pair[0] for pair in suspected] == sorted({pair[0] for pair in suspected}))
    need(type(fields[12]) is bool)
    items(fields.get(13, [1]), 1, 4096)
    for alarm in fields.get(13, []):
        items(alarm, 3, 3)
        name(*alarm[:2])
        need(not alarm[0].startswith("_"))
        uint(alarm[2], least=1, most=2)
    places = [(alarm[0], alarm[1]) for alarm in fields.get(13, [])]
    need(places == sorted(set(places)))


def _check_receipt(fields: dict[int, Any]) -> None:
    keys(fields, set(range(9)), frozenset({9}))
    uint(fields[0], least=1, most=1)
    for key, size in ((1, 8), (2, 8), (6, 8), (8, 32)):
        octets(fields[key], size)
    uint(fields[3], fields[7], fields.get(9, 0))
    name(fields[4], fields[5])


_CHECKS = {
    "lp-batch": _check_batch,
    "lp-gap": _check_gap,
    "lp-decl": check_declaration,
    "lp-status": _check_status,
    "lp-receipt": _check_receipt,
    "lp-control": check_control,
    "lp-ack": check_ack,
    "lp-log": check_log,
    "lp-alarm": _check_alarm,
}
