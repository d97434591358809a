"""Writes the test vectors of docs/wire-format.md: ``python tests/vectors/make.py``. The same bytes every time.

All keys are made up from counting bytes and are worth nothing.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
if __name__ == "__main__":
    sys.path.insert(0, str(_HERE.parents[1]))

from agent.wire import cose, disclosure, payload, senml  # noqa: E402 - the path is set first when run as a script
from agent.wire.errors import Untrusted  # noqa: E402 - the same
from agent.wire.messages import Batch, Gap, Kind  # noqa: E402 - the same
from agent.wire.payload import Payload  # noqa: E402 - the same
from tests.support import wire  # noqa: E402 - the same
from tests.support.diagnostic import diagnostic  # noqa: E402 - the same
from tests.vectors.attacks import attacks  # noqa: E402 - the same
from tests.vectors.disclosed import bad_entries, log_entries  # noqa: E402 - the same
from tests.vectors.refused import refused  # noqa: E402 - the same
from tests.vectors.samples import CONTENT, DECLARED, FIRST, PAYLOADS, batch  # noqa: E402 - the same

_LONG = 3000
"""Payloads longer than this are shown in hex only."""


def _keys() -> list[dict[str, str]]:
    keys = {
        "unit": (wire.UNIT_KEY.public, bytes(range(32)).hex()),
        "receiver": (wire.RECEIVER_KEY.public, bytes(range(32, 64)).hex()),
        "other": (wire.OTHER_KEY.public, bytes(range(64, 96)).hex()),
        "city": (wire.CITY_KEY.public, bytes(range(96, 128)).hex()),
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
        for name, message in PAYLOADS.items()
    ]


def _refused_payloads() -> list[dict[str, Any]]:
    return [{"name": case.name, "typ": case.kind.value, "why": case.why} | _shown(case.data) for case in refused()]


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
    signers = {Kind.RECEIPT: ("receiver", wire.RECEIVER_KEY), Kind.CONTROL: ("city", wire.CITY_KEY)}
    found = [
        _envelope(name, message, signer, key)
        for name, message in PAYLOADS.items()
        for key, signer in (signers.get(payload.KINDS[type(message)], ("unit", wire.UNIT_KEY)),)
    ]
    return [*found, _envelope("ESP256: three windows of two channels", FIRST, wire.P256_KEY, "hardware")]


def _refused_envelopes() -> list[dict[str, Any]]:
    names = {cls.__name__ for cls in Untrusted.__subclasses__() if cls.__module__ == Untrusted.__module__}
    tried = list(attacks())
    assert names == {attack.reason for attack in tried}, "every reason has a vector"
    return [
        {"name": attack.name, "typ": "lp-batch", "key": attack.key, "reason": attack.reason}
        | _shown(attack.data, embedded=True)
        for attack in tried
    ]


def _chain() -> dict[str, Any]:
    """Return a life of one stream: sealed, two lost, a gap, and the receipt that follows from them."""
    sealed: list[dict[str, Any]] = []

    def add(name: str, message: Callable[[int, bytes | None], Payload]) -> None:
        prev = bytes.fromhex(sealed[-1]["envelope_hash_hex"]) if sealed else None
        sealed.append(_envelope(name, message(len(sealed), prev), wire.UNIT_KEY, "unit"))

    def minute(seq: int, prev: bytes | None) -> Batch:
        columns = (wire.column(0, [2150 + seq]), wire.column(1, [101_325 - seq], exponent=0))
        return batch(seq=seq, prev=prev, start_ms=1_790_000_040_000 + seq * 60_000, columns=columns)

    def lost(seq: int, prev: bytes | None) -> Gap:
        last = bytes.fromhex(sealed[2]["envelope_hash_hex"])
        return wire.gap(seq=seq, prev=prev, sealed=(1, 2, last), count=2)

    for name in ("first", "evicted before it was sent", "evicted before it was sent", "second to arrive"):
        add(name, minute)
    add("the gap that says so", lost)
    head = sealed[-1]
    receipt = wire.receipt(seq=4, hash=bytes.fromhex(head["envelope_hash_hex"]), unit="corner-7")
    return {
        "declaration": _envelope("declaration", wire.declaration(content=CONTENT), wire.UNIT_KEY, "unit"),
        "declaration_hash_hex": DECLARED.hex(),
        "sealed": sealed,
        "arriving": [0, 3, 4],
        "receipt": _envelope("all of it is accounted for", receipt, wire.RECEIVER_KEY, "receiver"),
    }


def _disclosures() -> dict[str, Any]:
    """Return a disclosure log with its chain, and entries that must be refused."""
    head = disclosure.genesis("corner-7")
    entries: list[dict[str, Any]] = []
    for number, entry in enumerate(log_entries(), 1):
        data = disclosure.encode_entry(entry)
        head = disclosure.link(head, data)
        entries.append({"number": number, "kind": type(entry).__name__, **_shown(data), "chain_hash_hex": head.hex()})
    bad: list[dict[str, Any]] = [{"name": name, "why": why, **_shown(data)} for name, why, data in bad_entries()]
    genesis = disclosure.genesis("corner-7").hex()
    return {"unit": "corner-7", "genesis_hex": genesis, "entries": entries, "refused": bad}


def _senml() -> dict[str, Any]:
    records = senml.to_records(FIRST, CONTENT)
    return {
        "batch_hex": payload.encode(FIRST).hex(),
        "declaration_content_hex": payload.content_bytes(CONTENT).hex(),
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
    "disclosures.json": _disclosures,
    "senml.json": _senml,
}


def text(name: str) -> str:
    """Return what belongs into the file `name`."""
    return json.dumps(FILES[name](), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for each in FILES:
        (_HERE / each).write_text(text(each), encoding="utf-8")
        print(f"{each}: {len(text(each))} characters")
