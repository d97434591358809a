"""Writes the test vectors of docs/wire-format.md: ``python tests/vectors/make.py``. The same bytes every time.

All keys are made up from counting bytes and are worth nothing.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import cbor2

_HERE = Path(__file__).parent
if __name__ == "__main__":
    sys.path.insert(0, str(_HERE.parents[1]))

from agent.quality import Quality  # noqa: E402 - the path is set first when run as a script
from agent.wire import cose, payload, senml  # noqa: E402 - the same
from agent.wire.errors import Untrusted  # noqa: E402 - the same
from agent.wire.messages import (  # noqa: E402 - the same
    Batch,
    ClockQuality,
    ClockStamp,
    Gap,
    GapReason,
    Kind,
    Payload,
    Presence,
)
from tests.support import wire  # noqa: E402 - the same
from tests.support.diagnostic import diagnostic  # noqa: E402 - the same

_BOOT = bytes(range(16))
_EPOCH = bytes.fromhex("a1a2a3a4a5a6a7a8")
_LONG = 3000
"""Payloads longer than this are shown in hex only."""

_COUNTS = wire.stream(
    name="visitors",
    title="Visitors of the square",
    description="",
    keywords=(),
    suppress_below=10,
    batch_rows=4,
    channels=(
        wire.channel(
            "devices",
            unit="count",
            exponent=0,
            resolution=5,
            minimum=0,
            maximum=5000,
            rule="count_distinct",
            sensitivity="count",
            source="scanner.mac",
            model="mac_scanner",
        ),
        wire.channel(
            "latitude",
            unit="lat",
            exponent=-7,
            resolution=1,
            minimum=-900_000_000,
            maximum=900_000_000,
            rule="grid",
            sensitivity="location",
            source="position.latitude",
            model="gnss",
            grid_m=500,
        ),
    ),
)
_CONTENT = wire.content(streams=(wire.stream(), _COUNTS))
_DECLARED = payload.declaration_hash(payload.content_bytes(_CONTENT))


def _batch(**changes: object) -> Batch:
    return wire.batch(**({"declaration": _DECLARED} | changes))


_FIRST = _batch(
    seq=0,
    prev=None,
    columns=(
        wire.column(0, [2150, 2148, None], quality=(Quality.PARTIAL, Quality.OK, Quality.SENSOR_FAILING)),
        wire.column(1, [101_325, 101_330, 101_328], exponent=0),
    ),
)
_SUPPRESSED = wire.column(
    0, [35, None, None, 120], exponent=0, quality=(Quality.OK, Quality.SUPPRESSED, Quality.SUPPRESSED, Quality.OK)
)
_PAYLOADS: dict[str, Payload] = {
    "batch: three windows of two channels": _FIRST,
    "batch: a count stream, suppressed windows, padded to a multiple of 256": _batch(
        stream="visitors", columns=(_SUPPRESSED,), padded_to=256
    ),
    "batch: boot time, clock unset": _batch(
        boot_id=_BOOT, start_ms=120_000, clock=ClockStamp(quality=ClockQuality.UNSET)
    ),
    "batch: boot time, mapping known, clock in holdover, simulated": _batch(
        boot_id=_BOOT,
        start_ms=120_000,
        clock=ClockStamp(quality=ClockQuality.HOLDOVER, error_ms=1500, mapping=(_BOOT, 300_000, 1_790_000_040_000)),
        simulated=True,
    ),
    "batch: the largest and the smallest numbers": _batch(
        seq=(1 << 63) - 1,
        columns=(
            wire.column(0, [(1 << 63) - 1, 0, -(1 << 63), -1], exponent=18),
            wire.column(63, [None, 23, 24, -1], exponent=-18),
        ),
    ),
    "batch: every quality code": _batch(
        columns=(
            wire.column(
                0,
                [None if code in {1, 2, 3, 4, 5, 8, 9} else 2000 + code for code in Quality],
                quality=tuple(Quality),
            ),
        )
    ),
    "gap: two sealed envelopes were evicted": wire.gap(),
    "gap: rows were refused that never were sealed": wire.gap(
        sealed=None, windows=(1_790_000_040_000, 60_000, 60), count=60, reason=GapReason.REFUSED
    ),
    "gap: lost with a damaged store, how many is not known": wire.gap(sealed=None, count=0, reason=GapReason.DAMAGED),
    "declaration: two streams": wire.declaration(content=_CONTENT),
    "status: online": wire.status(),
    "status: the last will, clock unset": wire.status(
        presence=Presence.OFFLINE, utc_ms=None, clock=ClockQuality.UNSET, sensors={}, suspended={}
    ),
    "receipt": wire.receipt(),
    "receipt: asks for a resend": wire.receipt(resend_from=2),
}


class _Refused(NamedTuple):
    """A payload that must be refused although its signature may hold."""

    name: str
    kind: Kind
    data: bytes
    why: str


def _changed(message: Payload, **changes: Any) -> bytes:  # noqa: ANN401 - any field, to anything
    """Return a payload with fields replaced (``_3=...``) or, with `...`, left out."""
    fields = cbor2.loads(payload.encode(message)) | {int(key[1:]): value for key, value in changes.items()}
    return cbor2.dumps({key: fields[key] for key in sorted(fields) if fields[key] is not ...})


def _column(*values: object, **more: object) -> list[dict[int, object]]:
    return [{0: 0, 1: 0, 2: list(values)} | ({3: more["runs"]} if more else {})]


def _axis(rows: int) -> dict[int, int]:
    return {0: 1_790_000_040_000, 1: 60_000, 2: rows}


def _badly_encoded() -> Iterator[_Refused]:
    plain = payload.encode(wire.receipt(counter=5))
    fields = cbor2.loads(plain)
    at = plain.index(b"\x03\x05") + 1
    cases = {
        "empty": (b"", "nothing there"),
        "truncated": (plain[:-1], "the last byte is missing"),
        "trailing byte": (plain + b"\x00", "a byte follows"),
        "integer longer than needed": (plain[:at] + b"\x18\x05" + plain[at + 1 :], "5 in two bytes"),
        "length longer than needed": (plain.replace(b"\x48", b"\x58\x08", 1), "8 in two bytes"),
        "keys in another order": (cbor2.dumps(dict(reversed(fields.items()))), "keys must ascend"),
        "duplicate key": (b"\xaa" + plain[1:3] + plain[1:], "key 0 twice"),
        "indefinite map": (b"\xbf" + plain[1:] + b"\xff", "lengths must be definite"),
        "tag": (plain[:at] + b"\xc1\x05" + plain[at + 1 :], "tags are not allowed"),
        "bignum": (plain[:at] + b"\xc2\x41\x05" + plain[at + 1 :], "tags are not allowed"),
        "float": (plain[:at] + b"\xf9\x45\x00" + plain[at + 1 :], "floats are not allowed"),
        "boolean as integer": (plain[:at] + b"\xf5" + plain[at + 1 :], "true is not 1"),
        "undefined": (plain[:at] + b"\xf7" + plain[at + 1 :], "undefined is not allowed"),
        "text as key": (cbor2.dumps({"0": 1} | fields), "keys are integers"),
        "text that is not UTF-8": (plain.replace(b"corner-7", b"corner-\xff"), "text is UTF-8"),
        "an array": (cbor2.dumps([1]), "a payload is a map"),
    }
    for name, (data, why) in cases.items():
        yield _Refused(f"receipt: {name}", Kind.RECEIPT, data, why)


def _bad_batches() -> Iterator[_Refused]:
    def case(name: str, why: str, **changes: object) -> _Refused:
        return _Refused(f"batch: {name}", Kind.BATCH, _changed(_batch(), **changes), why)

    yield case("unknown key", "only known keys", _11=0)
    yield case("version 2", "the version is 1", _0=2)
    yield case("no version", "the version is required", _0=...)
    yield case("no declaration", "key 7 is required", _7=...)
    yield case("epoch of 7 bytes", "an epoch has 8", _1=bytes(7))
    yield case("stream with a slash", "names are letters, digits, '_', '.', '-'", _2="corner/air")
    yield case("stream of 65 bytes", "names have at most 64", _2="a" * 65)
    yield case("stream of declarations", "declarations are no batch", _2="_declaration")
    yield case("seq 1 without prev", "only seq 0 has no predecessor", _4=None)
    yield case("seq 0 with prev", "seq 0 has no predecessor", _3=0)
    yield case("seq beyond 63 bits", "integers are at most 2^63-1", _3=1 << 63)
    yield case("no rows", "at least one row", _5=_axis(0), _6=_column())
    yield case("4097 rows", "at most 4096 rows", _5=_axis(4097), _6=_column(*[0] * 4097))
    yield case("65 columns", "at most 64 columns", _6=[{0: index, 1: 0, 2: [0, 0, 0]} for index in range(65)])
    yield case("more values than rows", "one value a row", _5=_axis(2), _6=_column(1, 0, 0))
    yield case("fewer values than rows", "one value a row", _5=_axis(4), _6=_column(1, 0, 0))
    yield case("channels backwards", "channels ascend", _6=[{0: 1, 1: 0, 2: [1] * 3}, {0: 0, 1: 0, 2: [1] * 3}])
    yield case("a float as value", "floats are not allowed", _6=_column(21.5, 0, 0))
    yield case("a sum beyond 63 bits", "sums fit 64 bits with sign", _6=_column((1 << 63) - 1, 1, 0))
    yield case("exponent 19", "exponents are -18 to 18", _6=[{0: 0, 1: 19, 2: [1, 0, 0]}])
    yield case("a null without a reason", "a null has a quality code", _6=_column(1, None, 0))
    yield case("a suppressed value that is there", "a value kept back is null", _6=_column(1, 0, 0, runs=[[0, 1, 1]]))
    yield case("no quality runs, but a list of them", "an empty list is left out", _6=_column(1, 0, 0, runs=[]))
    yield case("a quality run of code 0", "ok is not written", _6=_column(1, 0, 0, runs=[[0, 1, 0]]))
    yield case("a quality run beyond the rows", "runs end with the rows", _6=_column(1, 0, 0, runs=[[2, 2, 7]]))
    yield case("quality runs that overlap", "runs ascend", _6=_column(1, 0, 0, runs=[[0, 2, 7], [1, 1, 6]]))
    yield case("neighbouring runs of one code", "runs are merged", _6=_column(1, 0, 0, runs=[[0, 1, 7], [1, 1, 7]]))
    yield case("an unknown quality code", "codes are 0 to 9", _6=_column(1, 0, 0, runs=[[0, 1, 10]]))
    yield case("padding that is not zero", "padding is zero", _10=b"\x00\x01")


def _other_bad_payloads() -> Iterator[_Refused]:
    gap, status, declaration = wire.gap(), wire.status(), wire.declaration()
    content = cbor2.loads(payload.content_bytes(wire.content()))
    yield _Refused("gap: a range backwards", Kind.GAP, _changed(gap, _5=[5, 4, bytes(32)]), "first is not after last")
    yield _Refused("gap: its own seq", Kind.GAP, _changed(gap, _5=[4, 9, bytes(32)]), "last is before the gap's seq")
    yield _Refused("gap: reason 4", Kind.GAP, _changed(gap, _8=4), "reasons are 0 to 3")
    yield _Refused(
        "status: sensors out of order",
        Kind.STATUS,
        _changed(status, _9=[["b", 0], ["a", 0]]),
        "names ascend",
    )
    yield _Refused("status: sensor state 3", Kind.STATUS, _changed(status, _9=[["a", 3]]), "states are 0 to 2")
    yield _Refused(
        "declaration: in a data stream", Kind.DECLARATION, _changed(declaration, _2="a"), "its stream is _declaration"
    )
    yield _Refused(
        "declaration: an unknown key in its content",
        Kind.DECLARATION,
        _changed(declaration, _5=content | {9: 0}),
        "only known keys",
    )
    yield _Refused(
        "declaration: a stream twice",
        Kind.DECLARATION,
        _changed(declaration, _5=content | {8: content[8] * 2}),
        "names differ",
    )
    yield _Refused("receipt: hash of 31 bytes", Kind.RECEIPT, _changed(wire.receipt(), _8=bytes(31)), "a hash has 32")


class _Attack(NamedTuple):
    """An envelope that must not be trusted when `kind` is expected from the owner of `key`."""

    name: str
    data: bytes
    reason: str
    key: str = "unit"


def _attacks() -> Iterator[_Attack]:
    data = payload.encode(_FIRST)
    sound = cose.sign(data, kind=Kind.BATCH, signer=wire.UNIT_KEY)
    kid = wire.UNIT_KEY.kid
    protected, _, _, signature = cbor2.loads(sound).value

    def whole(*parts: object, tag: int = 18) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(tag, list(parts)))

    def resigned(header: object, sign: Callable[[bytes], bytes] = wire.UNIT_KEY.sign) -> bytes:
        raw = header if isinstance(header, bytes) else cbor2.dumps(header)
        return whole(raw, {}, data, sign(cose.to_be_signed(raw, data)))

    yield _Attack("truncated", sound[:-1], "NotAnEnvelope")
    yield _Attack("trailing byte", sound + b"\x00", "NotAnEnvelope")
    yield _Attack("untagged", sound[1:], "NotAnEnvelope")
    yield _Attack("tag 98 (COSE_Sign)", whole(protected, {}, data, signature, tag=98), "NotAnEnvelope")
    yield _Attack("kid in the unprotected header", whole(protected, {4: kid}, data, signature), "NotAnEnvelope")
    yield _Attack("detached payload", whole(protected, {}, None, signature), "NotAnEnvelope")
    yield _Attack("signature of 63 bytes", whole(protected, {}, data, signature[:63]), "NotAnEnvelope")
    yield _Attack("a length longer than needed", sound.replace(b"\x58\x40", b"\x59\x00\x40"), "NotAnEnvelope")
    yield _Attack("header without typ", resigned({1: -19, 4: kid}), "NotAnEnvelope")
    yield _Attack("header with one entry more", resigned({1: -19, 2: [16], 4: kid, 16: "lp-batch"}), "NotAnEnvelope")
    yield _Attack("header in another order", resigned({16: "lp-batch", 1: -19, 4: kid}), "NotAnEnvelope")
    yield _Attack("kid of 7 bytes", resigned({1: -19, 4: kid[:7], 16: "lp-batch"}), "NotAnEnvelope")
    yield _Attack(
        "signed by another key under its own name",
        cose.sign(data, kind=Kind.BATCH, signer=wire.OTHER_KEY),
        "UnknownKey",
    )
    yield _Attack("alg -8 (EdDSA)", resigned({1: -8, 4: kid, 16: "lp-batch"}), "WrongAlgorithm")
    yield _Attack("alg -9 for an Ed25519 key", resigned({1: -9, 4: kid, 16: "lp-batch"}), "WrongAlgorithm")
    yield _Attack("typ lp-gap", cose.sign(data, kind=Kind.GAP, signer=wire.UNIT_KEY), "WrongType")
    yield _Attack("typ unknown", resigned({1: -19, 4: kid, 16: "lp-other"}), "WrongType")
    yield _Attack("signed by another key under our name", resigned(protected, wire.OTHER_KEY.sign), "BadSignature")
    yield _Attack("one bit of the payload flipped", whole(protected, {}, _flipped(data), signature), "BadSignature")
    yield _Attack("one bit of the signature flipped", whole(protected, {}, data, _flipped(signature)), "BadSignature")
    yield _Attack("signature of zeros", whole(protected, {}, data, bytes(64)), "BadSignature")
    mirrored = wire.P256Signer(wire.P256_KEY.scalar, low=False)
    yield _Attack(
        "ESP256: s above half the order",
        cose.sign(data, kind=Kind.BATCH, signer=mirrored),
        "BadSignature",
        key="hardware",
    )


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def _keys() -> list[dict[str, str]]:
    keys = {
        "unit": (wire.UNIT_KEY.public, bytes(range(32)).hex()),
        "receiver": (wire.RECEIVER_KEY.public, bytes(range(32, 64)).hex()),
        "other": (wire.OTHER_KEY.public, bytes(range(64, 96)).hex()),
        "hardware": (wire.P256_KEY.public, f"{wire.P256_KEY.scalar:064x}"),
    }
    return [
        {
            "name": name,
            "alg": str(public.alg),
            "private_hex": secret,
            "public": public.line,
            "thumbprint_hex": public.thumbprint.hex(),
            "kid_hex": public.kid.hex(),
        }
        for name, (public, secret) in keys.items()
    ]


def _shown(data: bytes, *, embedded: bool = False) -> dict[str, str | None]:
    return {"hex": data.hex(), "diagnostic": diagnostic(data, embedded=embedded) if len(data) < _LONG else None}


def _payloads() -> list[dict[str, Any]]:
    return [
        {"name": name, "typ": payload.KINDS[type(message)].value} | _shown(payload.encode(message))
        for name, message in _PAYLOADS.items()
    ]


def _refused_payloads() -> list[dict[str, Any]]:
    return [
        {"name": case.name, "typ": case.kind.value, "why": case.why} | _shown(case.data)
        for cases in (_badly_encoded(), _bad_batches(), _other_bad_payloads())
        for case in cases
    ]


def _envelope(name: str, message: Payload, signer: cose.Signer, key: str) -> dict[str, Any]:
    kind = payload.KINDS[type(message)]
    data = cose.sign(payload.encode(message), kind=kind, signer=signer)
    return {
        "name": name,
        "typ": kind.value,
        "key": key,
        **_shown(data, embedded=True),
        "payload_hex": payload.encode(message).hex(),
        "envelope_hash_hex": cose.envelope_hash(data).hex(),
    }


def _envelopes() -> list[dict[str, Any]]:
    signers = {Kind.RECEIPT: ("receiver", wire.RECEIVER_KEY)}
    found = [
        _envelope(name, message, signer, key)
        for name, message in _PAYLOADS.items()
        for key, signer in (signers.get(payload.KINDS[type(message)], ("unit", wire.UNIT_KEY)),)
    ]
    return [*found, _envelope("ESP256: three windows of two channels", _FIRST, wire.P256_KEY, "hardware")]


def _refused_envelopes() -> list[dict[str, Any]]:
    names = {cls.__name__ for cls in Untrusted.__subclasses__() if cls.__module__ == Untrusted.__module__}
    attacks = list(_attacks())
    assert names == {attack.reason for attack in attacks}, "every reason has a vector"
    return [
        {"name": attack.name, "typ": "lp-batch", "key": attack.key, "reason": attack.reason}
        | _shown(attack.data, embedded=True)
        for attack in attacks
    ]


def _chain() -> dict[str, Any]:
    """Return a life of one stream: sealed, two lost, a gap, and the receipt that follows from them."""
    sealed: list[dict[str, Any]] = []

    def add(name: str, message: Callable[[int, bytes | None], Payload]) -> None:
        prev = bytes.fromhex(sealed[-1]["envelope_hash_hex"]) if sealed else None
        sealed.append(_envelope(name, message(len(sealed), prev), wire.UNIT_KEY, "unit"))

    def minute(seq: int, prev: bytes | None) -> Batch:
        columns = (wire.column(0, [2150 + seq]), wire.column(1, [101_325 - seq], exponent=0))
        return _batch(seq=seq, prev=prev, start_ms=1_790_000_040_000 + seq * 60_000, columns=columns)

    def lost(seq: int, prev: bytes | None) -> Gap:
        last = bytes.fromhex(sealed[2]["envelope_hash_hex"])
        return wire.gap(seq=seq, prev=prev, sealed=(1, 2, last), count=2)

    for name in ("first", "evicted before it was sent", "evicted before it was sent", "second to arrive"):
        add(name, minute)
    add("the gap that says so", lost)
    head = sealed[-1]
    receipt = wire.receipt(seq=4, hash=bytes.fromhex(head["envelope_hash_hex"]), unit="corner-7")
    return {
        "declaration": _envelope("declaration", wire.declaration(content=_CONTENT), wire.UNIT_KEY, "unit"),
        "declaration_hash_hex": _DECLARED.hex(),
        "sealed": sealed,
        "arriving": [0, 3, 4],
        "receipt": _envelope("all of it is accounted for", receipt, wire.RECEIVER_KEY, "receiver"),
    }


def _senml() -> dict[str, Any]:
    records = senml.to_records(_FIRST, _CONTENT)
    return {
        "batch_hex": payload.encode(_FIRST).hex(),
        "declaration_content_hex": payload.content_bytes(_CONTENT).hex(),
        "json": json.loads(senml.to_json(records), parse_float=str),
        "json_note": "numbers with a point are quoted here so that their digits survive; the pack itself has numbers",
        "cbor": _shown(senml.to_cbor(records)),
    }


FILES: dict[str, Callable[[], Any]] = {
    "keys.json": _keys,
    "payloads.json": _payloads,
    "payloads-refused.json": _refused_payloads,
    "envelopes.json": _envelopes,
    "envelopes-refused.json": _refused_envelopes,
    "chain.json": _chain,
    "senml.json": _senml,
}


def text(name: str) -> str:
    """Return what belongs into the file `name`."""
    return json.dumps(FILES[name](), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for each in FILES:
        (_HERE / each).write_text(text(each), encoding="utf-8")
        print(f"{each}: {len(text(each))} characters")
