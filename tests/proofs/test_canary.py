"""The proof of the canaries with some hundred identifiers, and tests that the proof can fail."""

import base64
import hashlib
import random
from pathlib import Path

import pytest

from tests.proofs.canary import QUICK, Proof, Values, mismatches
from tests.support.footfall import Crowd, strangers
from tests.support.needles import Needles, plant, spellings

SEED = 20260101
_IDENTIFIERS = strangers(50, chance=random.Random(SEED))


@pytest.mark.broker
async def test_identifiers_sent_to_a_real_unit_come_out_as_exact_counts_only(tmp_path: Path) -> None:
    proof = Proof(tmp_path, QUICK, SEED)
    await proof.run()
    assert proof.wrong == []
    (tmp_path / "rig/corner/leak").write_bytes(hashlib.sha256(proof.shown[0].hex(":").encode()).digest())
    proof.search()
    assert any(line.startswith("rig/corner/leak: hash") for line in proof.wrong)


def _values(value: str | None, strength: str | None, quality: str) -> Values:
    return {
        "devices": {"value": value, "quality": quality},
        "strength": {"value": strength, "quality": quality},
    }


_SUPPRESSED = _values(None, None, "suppressed")
_CROWDS = [
    Crowd(start_ms=1000, distinct=12, sightings=15),
    Crowd(start_ms=2000, distinct=9, sightings=9),
]
_RIGHT = {0: _values(None, None, "partial"), 1000: _values("12", "-60", "ok"), 2000: _SUPPRESSED, 3000: _SUPPRESSED}


def test_proof_takes_exact_and_suppressed_windows() -> None:
    assert mismatches(_RIGHT, crowds=_CROWDS, blurred=()) == []


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(_RIGHT | {1000: _values("11", "-60", "ok")}, id="one-less"),
        pytest.param(_RIGHT | {1000: _values("15", "-60", "ok")}, id="sightings-counted"),
        pytest.param(_RIGHT | {1000: _values("12", "-61", "ok")}, id="other-strength"),
        pytest.param(_RIGHT | {1000: _SUPPRESSED}, id="nothing-where-k-allows"),
        pytest.param({start: row for start, row in _RIGHT.items() if start != 1000}, id="no-row"),
        pytest.param(_RIGHT | {2000: _values("9", None, "ok")}, id="small-number"),
        pytest.param(_RIGHT | {2000: _values(None, "-60", "suppressed")}, id="strength-of-few"),
        pytest.param(_RIGHT | {2000: _values(None, None, "no_data")}, id="few-told-from-none"),
        pytest.param(_RIGHT | {0: _values("12", "-60", "partial")}, id="partial-window-counted"),
        pytest.param(_RIGHT | {3000: _values("0", None, "ok")}, id="nobody-counted"),
    ],
)
def test_proof_of_another_row_fails(rows: dict[int, Values]) -> None:
    assert len(mismatches(rows, crowds=_CROWDS, blurred=())) == 1


def test_search_of_noise_finds_nothing() -> None:
    assert Needles(_IDENTIFIERS).search(random.Random(SEED).randbytes(50_000)) == set()


@pytest.mark.parametrize("content", [b"", b"\x00" * 10_000, b'{"sensors": {}, "readings": 12}\n' * 300])
def test_search_finds_every_spelling_of_an_identifier(content: bytes) -> None:
    names = list(spellings(_IDENTIFIERS[0]))
    decoys = strangers(len(names), chance=random.Random(SEED))
    planted, spelled = plant(content, decoys, chance=random.Random(SEED))
    needles = Needles(decoys)
    found = {needles.identifiers[hit.number] for hit in needles.search(planted)}
    assert [spelled[decoy] for decoy in spelled.keys() - found] == []
    assert len(spelled) == len(names)


@pytest.mark.parametrize("before", range(4))
def test_search_finds_an_identifier_inside_longer_base64_at_any_place(before: int) -> None:
    text = base64.b64encode(b"x" * before + _IDENTIFIERS[3] + b"yz")
    assert {hit.number for hit in Needles(_IDENTIFIERS).search(b"data:" + text + b";")} == {3}
