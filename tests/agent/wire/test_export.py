"""Exports of the disclosure log: whole, cut off, changed, and in both forms the same."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cbor2
import pytest

from agent.wire.errors import MalformedPayload
from agent.wire.excerpt import Export, verify
from agent.wire.export import cbor_items, json_lines, parse_export
from tests.support.disclosures import at as moment_at
from tests.support.disclosures import chained, one_of_each, order

WHOLE = chained(one_of_each())
EMPTY = chained([])
Writer = Callable[[Export], bytes]


def as_json(export: Export) -> bytes:
    return "".join(f"{line}\n" for line in json_lines(export.header, export.entries)).encode()


def as_cbor(export: Export) -> bytes:
    return b"".join(cbor_items(export.header, export.entries))


both = pytest.mark.parametrize("write", [as_json, as_cbor], ids=["json", "cbor"])


@both
@pytest.mark.parametrize("export", [WHOLE, EMPTY], ids=["whole", "empty"])
def test_export_that_is_read_again_is_the_same_and_verifies(write: Writer, export: Export) -> None:
    again = parse_export(write(export))
    assert again == export
    assert not again.is_excerpt
    verdict = verify(again.header, again.entries)
    assert verdict.complete
    assert (verdict.entries, verdict.broken, verdict.unlinked) == (len(export.entries), None, 0)
    assert verdict.head == (export.entries[-1].hash if export.entries else export.header.base)


@both
def test_export_without_some_entries_is_an_excerpt_and_says_what_cannot_be_checked(write: Writer) -> None:
    kept = tuple(numbered for numbered in WHOLE.entries if numbered.number in {2, 3, 5, 8})
    again = parse_export(write(replace(WHOLE, entries=kept)))
    assert again.is_excerpt
    verdict = verify(again.header, again.entries)
    assert (verdict.complete, verdict.broken, verdict.unlinked) == (False, None, 3)
    assert (verdict.first, verdict.last) == (2, 8)


@both
def test_export_that_ends_early_is_an_excerpt(write: Writer) -> None:
    again = parse_export(write(replace(WHOLE, entries=WHOLE.entries[:-1])))
    assert again.is_excerpt
    assert not verify(again.header, again.entries).complete


@both
@pytest.mark.parametrize("number", range(1, len(WHOLE.entries) + 1))
def test_entry_that_was_put_in_the_place_of_another_does_not_fit(write: Writer, number: int) -> None:
    other = chained([order(moment_at(), reference="forged")]).entries[0]
    entries = [
        replace(numbered, data=other.data) if numbered.number == number else numbered for numbered in WHOLE.entries
    ]
    again = parse_export(write(replace(WHOLE, entries=tuple(entries))))
    verdict = verify(again.header, again.entries)
    assert (verdict.broken, verdict.entries) == (number, number - 1)


def test_cbor_export_is_a_sequence_that_any_decoder_reads() -> None:
    decoder = cbor2.CBORDecoder(io.BytesIO(as_cbor(WHOLE)))
    items = [decoder.decode() for _ in range(len(WHOLE.entries) + 1)]
    header = WHOLE.header
    assert items[0] == [header.unit, header.first, header.base, header.last]
    assert items[1:] == [[n.number, n.data, n.hash] for n in WHOLE.entries]


def test_json_export_names_the_fields_of_the_entries() -> None:
    lines = [json.loads(line) for line in as_json(WHOLE).splitlines()]
    assert lines[0]["lamppost"] == "disclosures"
    assert [line["what"] for line in lines[1:]] == [
        *("damage", "configuration", "envelope", "withheld", "receipt", "lost", "order", "state"),
    ]
    assert lines[4]["entry"]["code"] == "suppressed"
    assert lines[1]["entry"]["at"] == {"clock": "unset", "boot": "00" * 16, "mono_ms": 5000}


@pytest.mark.parametrize("end", [1, 2, 20, 60, 100])
def test_cbor_export_that_is_cut_off_inside_an_item_names_it(end: int) -> None:
    with pytest.raises(MalformedPayload, match=r"^item \d+: "):
        parse_export(as_cbor(WHOLE)[:-end])


def _lines(change: Callable[[list[dict[str, Any]]], object]) -> bytes:
    values = [json.loads(line) for line in as_json(WHOLE).splitlines()]
    change(values)
    return "\n".join(json.dumps(value) for value in values).encode()


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"", "item 1"),
        (b"\xff" * 9, "item 1"),
        (b"{", "line 1"),
        (b"{}\n", "line 1"),
        (_lines(lambda values: values[0].update(version=2)), "line 1"),
        (_lines(lambda values: values[0].update(first=0)), "line 1"),
        (_lines(lambda values: values[0].update(unit="a b")), "line 1"),
        (_lines(lambda values: values[2].update(more=1)), "line 3"),
        (_lines(lambda values: values[2].update(hash="AA" * 32)), "line 3"),
        (_lines(lambda values: values[2].update(hash="xyz")), "line 3"),
        (_lines(lambda values: values[2].update(number=True)), "line 3"),
        (_lines(lambda values: values[2].update(what="rumour")), "line 3"),
        (_lines(lambda values: values[2].update(entry=[])), "line 3"),
        (_lines(lambda values: values[2]["entry"].pop("local")), "line 3"),
        (_lines(lambda values: values[2]["entry"].update(local=1)), "line 3"),
        (_lines(lambda values: values[2]["entry"].update(streams=4)), "line 3"),
        (_lines(lambda values: values[2]["entry"]["at"].update(clock="fine")), "line 3"),
        (_lines(lambda values: values[2]["entry"]["at"].update(utc_ms=1.5)), "line 3"),
        (_lines(lambda values: values[2]["entry"]["at"].update(utc_ms=None)), "line 3"),
        (_lines(lambda values: values[1]["entry"]["at"].update(boot=None)), "line 2"),
        (_lines(lambda values: values[3]["entry"].update(kind="lp-status")), "line 4"),
        (_lines(lambda values: values[3]["entry"].update(rows=0)), "line 4"),
        (_lines(lambda values: values[6]["entry"].update(sealed=[2, 1])), "line 7"),
        (_lines(lambda values: values[6]["entry"].update(sealed="ab")), "line 7"),
        (as_json(WHOLE).replace(b'"number":2,', b'"number":2,"number":2,'), "line 3"),
        (as_json(WHOLE) + b"[" * 100_000, f"line {len(WHOLE.entries) + 2}"),
        (as_cbor(WHOLE) + b"\x83\x01\x02\x03", f"item {len(WHOLE.entries) + 2}"),
        (as_cbor(WHOLE) + b"\x80", f"item {len(WHOLE.entries) + 2}"),
        (as_cbor(WHOLE) + b"\xa0", f"item {len(WHOLE.entries) + 2}"),
        (as_cbor(WHOLE) + b"\x83\x09\x41\x00\x58\x20" + bytes(32), f"item {len(WHOLE.entries) + 2}"),
        (as_cbor(WHOLE) + b"\x5b" + b"\xff" * 8, f"item {len(WHOLE.entries) + 2}"),
        (as_cbor(WHOLE) + b"\x81\x81\x00", f"item {len(WHOLE.entries) + 2}"),
    ],
)
def test_export_that_is_none_is_refused_with_its_place(data: bytes, place: str) -> None:
    with pytest.raises(MalformedPayload, match=f"^{place}: "):
        parse_export(data)
