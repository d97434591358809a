"""The proof of the canaries with some hundred identifiers, and tests that the proof can fail."""

import base64
import hashlib
import random
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.tripwire import Kind
from tests.proofs import cores
from tests.proofs.canary import QUICK, Proof
from tests.proofs.canary_rows import Values, mismatches, strange_fixes
from tests.support.footfall import Crowd, strangers
from tests.support.intruders import TEXTS, Registry, counted, lines, sentences
from tests.support.needles import Needles, plant, spellings

SEED = 20260101
_IDENTIFIERS = strangers(50, chance=random.Random(SEED))
_TEXTS = {kind: Registry(random.Random(SEED)).texts(kind, 700) for kind in TEXTS}


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


def _fixes(fix: str | None, satellites: str | None, quality: str = "ok") -> Values:
    return {"fix": {"value": fix, "quality": quality}, "satellites": {"value": satellites, "quality": quality}}


_RIGHT_FIXES = {
    0: _fixes("1", "12", "partial"),
    1000: _fixes("1", "12"),
    2000: _fixes("1", "12"),
    3000: _fixes(None, None),
}


def test_proof_takes_the_fixes_of_a_receiver() -> None:
    assert strange_fixes(_RIGHT_FIXES, crowds=_CROWDS) == []


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(_RIGHT_FIXES | {3000: _fixes("8", "12")}, id="fix-of-an-intruder"),
        pytest.param(_RIGHT_FIXES | {0: _fixes("1", "77", "partial")}, id="satellites-of-an-intruder"),
        pytest.param(_RIGHT_FIXES | {2000: _fixes(None, None, "no_data")}, id="nothing-in-a-whole-window"),
        pytest.param({start: row for start, row in _RIGHT_FIXES.items() if start != 1000}, id="no-row"),
    ],
)
def test_proof_of_other_fixes_fails(rows: dict[int, Values]) -> None:
    assert len(strange_fixes(rows, crowds=_CROWDS)) == 1


def test_intruders_are_all_different_and_their_carriers_hold_one_each() -> None:
    intruders = Registry(random.Random(SEED)).intruders(40)
    assert counted(intruders) == dict.fromkeys((*TEXTS, Kind.MAC), 40)
    assert len({intruder.identifier for intruder in intruders}) == 200
    for carriers in (lines, sentences):
        sent = list(carriers(intruders, chance=random.Random(SEED)))
        assert all(intruder.text in data for intruder, data in zip(intruders, sent, strict=True))


# -- what crashes leave


async def test_process_that_forbids_nothing_leaves_a_core_that_holds_its_identifier(tmp_path: Path) -> None:
    with cores.cores_allowed() as limit:
        if limit == "0 bytes":
            pytest.skip("this user may not allow core files")
        told, wrong = await cores.control(tmp_path / "crashed", b"somebody@city.example")
    assert wrong == []
    assert told.startswith("control without these limits: ")
    assert list((tmp_path / "crashed").iterdir()) == []


def test_process_that_forbids_nothing_is_called_exposed() -> None:
    with cores.cores_allowed() as limit:
        program = [sys.executable, "-c", "print('ready', flush=True); input()"]
        child = subprocess.Popen(
            [*cores.WITHOUT_CAPABILITIES, *program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        child.stdout.readline()
        found = cores.exposed(child.pid, "it")
        child.kill()
        child.communicate()
    assert len(found) == (limit != "0 bytes") + 1


# -- the search


def test_search_of_noise_finds_nothing() -> None:
    assert Needles(_IDENTIFIERS).search(random.Random(SEED).randbytes(50_000)) == set()
    texts = Needles([text for found in _TEXTS.values() for text in found])
    assert texts.search(random.Random(SEED).randbytes(50_000)) == set()


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("content", [b"", b'{"sensors": {}, "readings": 12}\n' * 300])
def test_search_finds_every_spelling_of_an_identifier_that_is_text(content: bytes, kind: Kind) -> None:
    decoys = _TEXTS[kind]
    names = list(spellings(decoys[0]))
    planted, spelled = plant(content, decoys, chance=random.Random(SEED))
    needles = Needles(decoys)
    found = {needles.identifiers[hit.number] for hit in needles.search(planted)}
    assert [spelled[decoy] for decoy in spelled.keys() - found] == []
    assert len(spelled) == len(names) <= len(decoys)


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
