"""The chain followed through a log and through excerpts of it; in `test_export` it is, after a file was read."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from agent.wire.excerpt import Chain, Export, Header, verify
from tests.support.disclosures import chained, one_of_each

WHOLE = chained(one_of_each())


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda export: replace(export, entries=export.entries[::-1]), 7),
        (lambda export: replace(export, entries=export.entries + export.entries[-1:]), 8),
        (lambda export: replace(export, header=replace(export.header, base=bytes(32))), 1),
        (lambda export: replace(export, header=replace(export.header, last=5)), 6),
    ],
    ids=["reversed", "twice", "another base", "beyond the end"],
)
def test_chain_that_is_not_the_units_is_found(change: Callable[[Export], Export], broken: int) -> None:
    changed = change(WHOLE)
    assert verify(changed.header, changed.entries).broken == broken


def test_log_whose_beginning_was_cut_verifies_from_its_base() -> None:
    base = WHOLE.entries[3]
    header = replace(WHOLE.header, first=5, base=base.hash)
    assert verify(header, WHOLE.entries[4:]).complete
    assert verify(header, WHOLE.entries[3:]).broken == 4


def test_header_of_an_empty_log_is_whole() -> None:
    header = Header(unit="corner-1", first=5, base=bytes(32), last=4)
    assert verify(header, ()).complete
    assert not Export(header=header, entries=()).is_excerpt


def test_chain_of_an_excerpt_counts_what_proves_nothing_about_its_predecessor() -> None:
    kept = tuple(numbered for numbered in WHOLE.entries if numbered.number in {2, 3, 5, 8})
    verdict = verify(WHOLE.header, kept)
    assert (verdict.entries, verdict.first, verdict.last, verdict.unlinked) == (4, 2, 8, 3)
    assert (verdict.complete, verdict.head) == (False, WHOLE.entries[-1].hash)
    assert Export(header=WHOLE.header, entries=kept).is_excerpt


def test_chain_that_has_taken_nothing_yet_stands_at_its_base() -> None:
    verdict = Chain(WHOLE.header).verdict
    assert (verdict.entries, verdict.first, verdict.last, verdict.complete) == (0, None, None, False)
    assert verdict.head == WHOLE.header.base
