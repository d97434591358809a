"""The committed vectors are what the generator writes, and our own code agrees with every one of them."""

import importlib.util
import json
import re
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest

from agent.wire import cose, disclosure, keyfile, payload, senml
from agent.wire import errors as wire_errors
from agent.wire.declared import Declaration
from agent.wire.entries import Entry
from agent.wire.errors import MalformedPayload, Untrusted
from agent.wire.messages import Batch, Gap, Kind, Receipt
from agent.wire.orders import Ack, Control
from tests.support.diagnostic import diagnostic

_VECTORS = Path(__file__).parents[2] / "vectors"
_DOCUMENT = Path(__file__).parents[3] / "docs" / "wire-format.md"


def _load(name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((_VECTORS / name).read_text())


def _maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vectors_make", _VECTORS / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_KEYS = {key["name"]: keyfile.load_public(key["public"]) for key in _load("keys.json")}


def _named(vectors: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


@pytest.mark.parametrize("name", sorted(path.name for path in _VECTORS.glob("*.json")))
def test_the_generator_writes_the_committed_file_again(name: str) -> None:
    assert _maker().text(name) == (_VECTORS / name).read_text()


def test_the_generator_writes_every_committed_file() -> None:
    assert set(_maker().FILES) == {path.name for path in _VECTORS.glob("*.json")}


@pytest.mark.parametrize("vector", _load("keys.json"), ids=lambda vector: vector["name"])
def test_the_key_has_the_names_that_the_vector_gives_it(vector: dict[str, str]) -> None:
    key = keyfile.load_public(vector["public"])
    assert (key.thumbprint.hex(), key.kid.hex(), str(key.alg)) == (
        vector["thumbprint_hex"],
        vector["kid_hex"],
        vector["alg"],
    )


@_named(_load("payloads.json"))
def test_a_payload_decodes_and_encodes_to_the_same_bytes(vector: dict[str, str]) -> None:
    data = bytes.fromhex(vector["hex"])
    assert payload.encode(payload.decode(Kind(vector["typ"]), data)) == data


@_named(_load("payloads-refused.json"))
def test_a_bad_payload_is_refused(vector: dict[str, str]) -> None:
    with pytest.raises(MalformedPayload):
        payload.decode(Kind(vector["typ"]), bytes.fromhex(vector["hex"]))


@_named(_load("envelopes.json"))
def test_an_envelope_verifies_and_gives_its_payload(vector: dict[str, str]) -> None:
    data = bytes.fromhex(vector["hex"])
    assert cose.verify(data, key=_KEYS[vector["key"]], kind=Kind(vector["typ"])).hex() == vector["payload_hex"]
    assert cose.envelope_hash(data).hex() == vector["envelope_hash_hex"]


@_named(_load("envelopes-refused.json"))
def test_a_bad_envelope_is_refused_for_the_reason_given(vector: dict[str, str]) -> None:
    with pytest.raises(Untrusted) as caught:
        cose.verify(bytes.fromhex(vector["hex"]), key=_KEYS[vector["key"]], kind=Kind(vector["typ"]))
    assert type(caught.value) is getattr(wire_errors, vector["reason"])


def test_the_chain_links_and_its_gap_bridges_what_never_arrives() -> None:
    chain = _load("chain.json")
    messages = [payload.decode(Kind(each["typ"]), bytes.fromhex(each["payload_hex"])) for each in chain["sealed"]]
    hashes = [bytes.fromhex(each["envelope_hash_hex"]) for each in chain["sealed"]]
    for seq, message in enumerate(messages):
        assert isinstance(message, Batch | Gap)
        assert (message.seq, message.prev) == (seq, hashes[seq - 1] if seq else None)
    gap = messages[-1]
    assert isinstance(gap, Gap)
    assert gap.sealed == (1, 2, hashes[2])
    receipt = payload.decode(Kind.RECEIPT, bytes.fromhex(chain["receipt"]["payload_hex"]))
    assert isinstance(receipt, Receipt)
    assert (receipt.seq, receipt.hash) == (4, hashes[4])


def test_the_batches_of_the_chain_cite_its_declaration() -> None:
    chain = _load("chain.json")
    declared = bytes.fromhex(chain["declaration_hash_hex"])
    declaration = payload.decode(Kind.DECLARATION, bytes.fromhex(chain["declaration"]["payload_hex"]))
    assert isinstance(declaration, Declaration)
    assert payload.declaration_hash(payload.content_bytes(declaration.content)) == declared
    first = payload.decode(Kind.BATCH, bytes.fromhex(chain["sealed"][0]["payload_hex"]))
    assert isinstance(first, Batch)
    assert first.declaration == declared


@pytest.mark.parametrize("entry", _load("disclosures.json")["entries"], ids=lambda entry: entry["number"])
def test_an_entry_decodes_to_its_kind_and_encodes_to_the_same_bytes(entry: dict[str, str]) -> None:
    data = bytes.fromhex(entry["hex"])
    decoded = disclosure.decode_entry(data)
    assert type(decoded).__name__ == entry["kind"]
    assert disclosure.encode_entry(decoded) == data


@_named(_load("disclosures.json")["refused"])
def test_a_bad_entry_is_refused(vector: dict[str, str]) -> None:
    with pytest.raises(MalformedPayload):
        disclosure.decode_entry(bytes.fromhex(vector["hex"]))


def test_the_disclosure_log_is_chained_from_its_unit_on_and_has_every_kind_of_entry() -> None:
    log = _load("disclosures.json")
    head = disclosure.genesis(log["unit"])
    assert head.hex() == log["genesis_hex"]
    for entry in log["entries"]:
        head = disclosure.link(head, bytes.fromhex(entry["hex"]))
        assert head.hex() == entry["chain_hash_hex"]
    assert {entry["kind"] for entry in log["entries"]} == {kind.__name__ for kind in get_args(Entry)}


def test_the_acknowledgement_of_the_vectors_answers_their_control_document() -> None:
    vectors = _load("envelopes.json")
    document = next(vector for vector in vectors if vector["typ"] == "lp-control")
    answer = next(vector for vector in vectors if vector["typ"] == "lp-ack")
    ack, control = (
        payload.decode(Kind(each["typ"]), bytes.fromhex(each["payload_hex"])) for each in (answer, document)
    )
    assert isinstance(ack, Ack)
    assert isinstance(control, Control)
    assert ack.content.document.hex() == document["envelope_hash_hex"]
    assert (ack.content.unit, ack.content.version) == (control.unit, control.version)


def test_the_batch_of_the_senml_vector_becomes_its_packs() -> None:
    vector = _load("senml.json")
    batch = payload.decode(Kind.BATCH, bytes.fromhex(vector["batch_hex"]))
    assert isinstance(batch, Batch)
    records = senml.to_records(batch, payload.decode_content(bytes.fromhex(vector["declaration_content_hex"])))
    assert json.loads(senml.to_json(records), parse_float=str) == vector["json"]
    assert senml.to_cbor(records).hex() == vector["cbor"]["hex"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("00", "0"),
        ("1818", "24"),
        ("1817", "23_0"),
        ("1b7fffffffffffffff", "9223372036854775807"),
        ("3903e7", "-1000"),
        ("f97bff", "65504.0_1"),
        ("fa47c35000", "100000.0_2"),
        ("fb7ff0000000000000", "Infinity_3"),
        ("f97e00", "NaN_1"),
        ("f4", "false"),
        ("f7", "undefined"),
        ("f8ff", "simple(255)"),
        ("c11a514b67b0", "1(1363896240)"),
        ("4401020304", "h'01020304'"),
        ("62c3bc", '"ü"'),
        ("8301820203820405", "[1, [2, 3], [4, 5]]"),
        ("a201020304", "{1: 2, 3: 4}"),
        ("", None),
        ("8301", None),
        ("0000", None),
        ("ff", None),
        ("5f4101ff", None),
    ],
)
def test_diagnostic_notation_of_the_examples_of_rfc_8949_is_right(data: str, expected: str | None) -> None:
    assert diagnostic(bytes.fromhex(data)) == expected


def test_the_documentation_quotes_the_first_envelope_as_it_is() -> None:
    text = _DOCUMENT.read_text()
    first = _load("envelopes.json")[0]
    assert "".join(re.findall(r"^    ([0-9a-f]+)$", text, re.MULTILINE)) == first["hex"]
    assert "".join(first["diagnostic"].split()) in "".join(text.split())
    assert first["envelope_hash_hex"] in text
    assert _load("keys.json")[0]["thumbprint_hex"] in text


def test_the_documentation_quotes_the_disclosure_log_as_it_is() -> None:
    text = _DOCUMENT.read_text()
    log = _load("disclosures.json")
    first, second = log["entries"][:2]
    assert re.sub(r"\s", "", second["diagnostic"]) in re.sub(r"\s", "", text)
    assert second["hex"] in "".join(re.findall(r"^([0-9a-f]+)$", text, re.MULTILINE))
    for digest in (log["genesis_hex"], first["chain_hash_hex"], second["chain_hash_hex"]):
        assert digest in text


def test_the_documentation_names_every_file_of_vectors_and_every_reason() -> None:
    text = _DOCUMENT.read_text()
    names = {path.name for path in _VECTORS.glob("*.json")} | {kind.value for kind in Kind}
    reasons = {vector["reason"] for vector in _load("envelopes-refused.json")} | {"MalformedPayload"}
    assert {name for name in names | reasons if name not in text} == set()


def test_numbers_of_the_senml_vector_keep_their_digits() -> None:
    values = [record["v"] for record in _load("senml.json")["json"] if record["n"].endswith(":temperature")]
    assert [Decimal(value) for value in values] == [Decimal("21.50"), Decimal("21.48")]
    assert values == ["21.50", "21.48"]
