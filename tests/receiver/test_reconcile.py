"""A disclosure log and the city's holdings: alike at first, then with one edit each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent.quality import Quality
from agent.wire.disclosure import encode_entry, genesis, link
from agent.wire.entries import (
    ConfigurationEntry,
    DamageEntry,
    Entry,
    EnvelopeEntry,
    LostEntry,
    Moment,
    OrderEntry,
    ReceiptEntry,
    WithheldEntry,
)
from agent.wire.excerpt import Export, Header, Numbered
from agent.wire.messages import ClockQuality, GapReason, Kind
from agent.wire.orders import AckContent, LogContent, Order, Outcome, Refusal, Role
from receiver.findings import Reconciliation, Weight
from receiver.holdings import Held, Holdings
from receiver.reconcile import reconcile

UNIT = "corner-1"
EPOCH = b"epoch678"
DECLARED = bytes([9]) * 32
DOCUMENT = bytes([7]) * 32
T = 1_790_000_000_000


def _at(second: int) -> Moment:
    return Moment(quality=ClockQuality.SYNCHRONISED, utc_ms=T + second * 1000)


def _hash(seq: int) -> bytes:
    return bytes([seq + 1]) * 32


def _envelope(seq: int, **changes: Any) -> EnvelopeEntry:  # noqa: ANN401 - any field
    entry = EnvelopeEntry(
        at=_at(seq),
        stream="air",
        epoch=EPOCH,
        seq=seq,
        hash=_hash(seq),
        kind=Kind.BATCH,
        rows=10,
        channels=2,
        declaration=DECLARED,
        size=500,
        destination="mqtt.city.example:8883",
    )
    return replace(entry, **changes)


def _order(refusal: Refusal = Refusal.NONE) -> OrderEntry:
    return OrderEntry(
        at=_at(5),
        version=4,
        document=DOCUMENT,
        reference="2026-17",
        role=Role.PRIVACY,
        stream="air",
        order=Order.SUSPEND,
        refusal=refusal,
        local=False,
    )


ENTRIES: tuple[Entry, ...] = (
    ConfigurationEntry(at=_at(0), before=None, after=DECLARED, local=True, streams=(("air", ("pm10", "pm2_5")),)),
    _envelope(0),
    _envelope(1),
    WithheldEntry(at=_at(1), stream="air", code=Quality.SUPPRESSED, windows=3, start_ms=T),
    ReceiptEntry(at=_at(2), stream="air", epoch=EPOCH, seq=1, receiver=b"receiver"),
    _envelope(2),
    LostEntry(at=_at(3), stream="air", epoch=EPOCH, reason=GapReason.EVICTED, count=10, sealed=(2, 2)),
    _envelope(3, kind=Kind.GAP, rows=0, channels=0, declaration=None),
    _order(),
)


def _log(entries: tuple[Entry, ...] = ENTRIES, *, cut: int = 0) -> Export:
    """Return the export of a log with these entries, the first `cut` of which the unit has forgotten."""
    digest, numbered = genesis(UNIT), []
    for number, entry in enumerate(entries, start=1):
        data = encode_entry(entry)
        digest = link(digest, data)
        numbered.append(Numbered(number=number, data=data, hash=digest))
    base = numbered[cut - 1].hash if cut else genesis(UNIT)
    header = Header(unit=UNIT, first=cut + 1, base=base, last=len(numbered))
    return Export(header=header, entries=tuple(numbered[cut:]))


def _held(seq: int, **changes: Any) -> Held:  # noqa: ANN401 - any field
    held = Held(
        hash=_hash(seq),
        kind=Kind.BATCH,
        size=500,
        rows=10,
        declaration=DECLARED,
        withheld={Quality.SUPPRESSED: 3, Quality.NO_DATA: 1} if seq == 1 else {},
        received_ms=T + 60_000,
    )
    return replace(held, **changes)


def _head(number: int, export: Export) -> LogContent:
    return LogContent(
        unit=UNIT,
        last=number,
        head=next(one.hash for one in export.entries if one.number == number),
        first=1,
        base=genesis(UNIT),
        clock=ClockQuality.SYNCHRONISED,
        utc_ms=T,
    )


def _ack(refusal: Refusal = Refusal.NONE) -> AckContent:
    outcome = Outcome(
        stream="air", order=Order.SUSPEND, refusal=refusal, state=Order.SUSPEND, epoch=EPOCH, last_seq=3
    )
    return AckContent(
        unit=UNIT,
        version=4,
        document=DOCUMENT,
        outcomes=(outcome,),
        clock=ClockQuality.SYNCHRONISED,
        utc_ms=T,
        simulated=False,
    )


def _city(**changes: Any) -> Holdings:  # noqa: ANN401 - any field
    export = _log()
    city = Holdings(
        envelopes={
            ("air", EPOCH, 0): _held(0),
            ("air", EPOCH, 1): _held(1),
            ("air", EPOCH, 3): _held(3, kind=Kind.GAP, rows=0, declaration=None),
        },
        receipted={("air", EPOCH): 3},
        losses={("air", EPOCH, GapReason.EVICTED): 10},
        acks=(_ack(),),
        heads=(_head(3, export), _head(9, export)),
        declarations=frozenset({DECLARED}),
    )
    return replace(city, **changes)


def _found(result: Reconciliation) -> list[tuple[str, str]]:
    return [(finding.weight.value, finding.what) for finding in result.findings]


def test_a_log_and_holdings_that_agree_give_no_finding() -> None:
    result = reconcile(_log(), _city())
    assert result.findings == ()
    assert (result.entries, result.envelopes, result.explained, result.before, result.heads) == (9, 3, 1, 0, 2)


@pytest.mark.parametrize("number", range(1, 10))
def test_every_altered_entry_is_found_even_when_the_chain_was_made_again(number: int) -> None:
    entries = list(ENTRIES)
    entries[number - 1] = replace(entries[number - 1], at=_at(99))
    result = reconcile(_log(tuple(entries)), _city())
    assert ("difference", "rewritten") in _found(result)


@pytest.mark.parametrize("number", range(1, 10))
def test_every_altered_entry_is_found_by_its_number_when_the_chain_was_not_made_again(number: int) -> None:
    export = _log()
    entries = list(export.entries)
    data = encode_entry(replace(entries[number - 1].entry, at=_at(99)))
    entries[number - 1] = replace(entries[number - 1], data=data)
    [first, *_] = reconcile(replace(export, entries=tuple(entries)), _city()).findings
    assert (first.what, first.where) == ("altered", f"entry {number}")


def test_an_entry_that_was_taken_out_is_found() -> None:
    result = reconcile(_log(ENTRIES[:2] + ENTRIES[3:]), _city())
    assert {"not entered", "rewritten", "cut off"} <= {finding.what for finding in result.differences}


def test_an_envelope_that_has_not_arrived_may_be_lost_when_the_store_was_damaged_since() -> None:
    log = _log((*ENTRIES, _envelope(4), DamageEntry(at=_at(9), epoch=b"another8", entries=None)))
    [finding] = reconcile(log, _city()).findings
    assert (finding.weight, finding.what) == (Weight.PENDING, "not arrived")
    assert "it may be lost" in finding.text


def test_an_envelope_that_was_entered_twice_is_found_without_any_head() -> None:
    result = reconcile(_log((*ENTRIES, _envelope(3, kind=Kind.GAP, rows=0, channels=0, declaration=None))), _city())
    assert _found(result) == [("difference", "entered twice")]


def test_a_log_that_lost_its_end_is_found() -> None:
    result = reconcile(_log(ENTRIES[:6]), _city())
    assert "cut off" in {finding.what for finding in result.differences}


def test_an_excerpt_is_told_as_one_and_names_the_first_entry_that_is_left_out() -> None:
    export = _log()
    result = reconcile(replace(export, entries=export.entries[:2] + export.entries[4:]), _city())
    assert ("excerpt", "entry 3") in {(finding.what, finding.where) for finding in result.differences}


def test_a_log_that_was_made_again_is_narrowed_down_by_the_heads_that_fit() -> None:
    entries = (*ENTRIES[:6], replace(ENTRIES[6], at=_at(99)), *ENTRIES[7:])
    [finding] = [one for one in reconcile(_log(entries), _city()).findings if one.what == "rewritten"]
    assert finding.where == "entry 9"
    assert "one of entries 4 to 9" in finding.text


def test_what_the_unit_has_forgotten_is_no_difference() -> None:
    result = reconcile(_log(cut=2), _city())
    assert result.findings == ()
    assert (result.envelopes, result.before) == (2, 1)


EDITS: dict[str, tuple[Callable[[Holdings], Holdings], Weight, str]] = {
    "another hash": (
        lambda city: replace(city, envelopes={**city.envelopes, ("air", EPOCH, 0): _held(0, hash=bytes(32))}),
        Weight.DIFFERENCE,
        "unequal",
    ),
    "other rows": (
        lambda city: replace(city, envelopes={**city.envelopes, ("air", EPOCH, 0): _held(0, rows=9)}),
        Weight.DIFFERENCE,
        "unequal",
    ),
    "other withheld windows": (
        lambda city: replace(city, envelopes={**city.envelopes, ("air", EPOCH, 1): _held(1, withheld={})}),
        Weight.DIFFERENCE,
        "unequal",
    ),
    "another size": (
        lambda city: replace(city, envelopes={**city.envelopes, ("air", EPOCH, 1): _held(1, size=501)}),
        Weight.DIFFERENCE,
        "unequal",
    ),
    "another declaration": (
        lambda city: replace(city, envelopes={**city.envelopes, ("air", EPOCH, 1): _held(1, declaration=None)}),
        Weight.DIFFERENCE,
        "unequal",
    ),
    "an envelope that the log does not know": (
        lambda city: replace(city, envelopes={**city.envelopes, ("noise", EPOCH, 0): _held(0)}),
        Weight.DIFFERENCE,
        "not entered",
    ),
    "an old envelope behind the end of the log": (
        lambda city: replace(city, envelopes={**city.envelopes, ("air", EPOCH, 4): _held(4, received_ms=T)}),
        Weight.DIFFERENCE,
        "not entered",
    ),
    "an envelope that came after the export": (
        lambda city: replace(city, envelopes={**city.envelopes, ("air", EPOCH, 4): _held(4)}),
        Weight.PENDING,
        "newer",
    ),
    "a receipted envelope that is not there": (
        lambda city: replace(city, envelopes={k: v for k, v in city.envelopes.items() if k[2] != 1}),
        Weight.DIFFERENCE,
        "missing",
    ),
    "an envelope that has not arrived": (
        lambda city: replace(
            city, envelopes={k: v for k, v in city.envelopes.items() if k[2] != 3}, receipted={("air", EPOCH): 2}
        ),
        Weight.PENDING,
        "not arrived",
    ),
    "an envelope that is not there although what comes behind it is": (
        lambda city: replace(city, envelopes={k: v for k, v in city.envelopes.items() if k[2] != 3}),
        Weight.DIFFERENCE,
        "missing",
    ),
    "tables that do not say what the envelope says": (
        lambda city: replace(city, envelopes={**city.envelopes, ("air", EPOCH, 1): _held(1, faithful=False)}),
        Weight.DIFFERENCE,
        "tables",
    ),
    "fewer lost rows": (lambda city: replace(city, losses={}), Weight.PENDING, "gap not arrived"),
    "more lost rows": (
        lambda city: replace(city, losses={("air", EPOCH, GapReason.EVICTED): 11}),
        Weight.DIFFERENCE,
        "losses",
    ),
    "a receipt for more than is held": (
        lambda city: replace(city, receipted={("air", EPOCH): 0}),
        Weight.DIFFERENCE,
        "receipt",
    ),
    "no acknowledgement": (lambda city: replace(city, acks=()), Weight.PENDING, "order"),
    "an acknowledgement that says something else": (
        lambda city: replace(city, acks=(_ack(Refusal.ROLE),)),
        Weight.DIFFERENCE,
        "order",
    ),
    "an acknowledgement of another document": (
        lambda city: replace(city, acks=(_ack(), replace(_ack(), version=5))),
        Weight.DIFFERENCE,
        "order",
    ),
    "no declaration": (lambda city: replace(city, declarations=frozenset()), Weight.PENDING, "declaration"),
    "a head that was signed over something else": (
        lambda city: replace(city, heads=(replace(city.heads[0], head=bytes(32)),)),
        Weight.DIFFERENCE,
        "rewritten",
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_one_edit_of_the_holdings_gives_the_one_finding(
    edit: tuple[Callable[[Holdings], Holdings], Weight, str],
) -> None:
    change, weight, what = edit
    assert _found(reconcile(_log(), change(_city()))) == [(weight.value, what)]


def test_a_batch_that_is_set_aside_is_compared_as_far_as_it_is_known() -> None:
    envelopes = {**_city().envelopes, ("air", EPOCH, 1): _held(1, rows=None, withheld={})}
    assert reconcile(_log(), _city(envelopes=envelopes)).findings == ()


def test_findings_name_what_both_sides_say() -> None:
    envelopes = {**_city().envelopes, ("air", EPOCH, 1): _held(1, withheld={Quality.PARTIAL: 2})}
    [finding] = reconcile(_log(), _city(envelopes=envelopes)).findings
    assert finding.where == f"air seq 1 of epoch {EPOCH.hex()}"
    assert finding.text == "windows withheld: the log says 3 suppressed, the city holds 2 partial"
