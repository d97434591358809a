"""The proof of `lamppost check` as tests, and tests that the proof can fail."""

from collections import Counter
from pathlib import Path

import pytest

from tests.proofs import check as proof


def test_proof_of_thirty_mistakes_holds(tmp_path: Path) -> None:
    assert proof.prove_mistakes(tmp_path) == []


def test_proof_of_the_delivered_configuration_holds() -> None:
    assert proof.prove_clean() == []


def test_proof_of_ten_syntax_errors_holds() -> None:
    assert proof.prove_syntax() == []


@pytest.mark.parametrize(
    ("expected", "errors", "exit_code", "part"),
    [
        pytest.param([(1, "a")], [], 0, "was not reported", id="missed"),
        pytest.param([], [(1, "a")], 1, "is no mistake", id="invented"),
        pytest.param([(1, "a")], [(2, "a")], 1, "line 2", id="wrong-line"),
        pytest.param([(1, "a")], [(1, "a"), (1, "a")], 1, "is no mistake", id="twice"),
        pytest.param([(1, "a")], [(1, "a")], 0, "exit code 0", id="exit-code"),
    ],
)
def test_proof_with_another_answer_fails(
    expected: list[proof.Finding], errors: list[proof.Finding], exit_code: int, part: str
) -> None:
    result = proof.Result(exit_code, Counter(errors), 0)
    found = proof.differences("f", expected=Counter(expected), result=result)
    assert any(part in line for line in found)


def test_proof_with_a_mistake_that_is_not_annotated_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    altered = tmp_path / "altered.toml"
    altered.write_text(
        proof.MISTAKES.read_text().replace("billing_day = 31  # mistake: out-of-range ->", "billing_day = 31 #")
    )
    monkeypatch.setattr(proof, "MISTAKES", altered)
    found = proof.prove_mistakes(tmp_path)
    assert any("out-of-range was reported, and is no mistake" in line for line in found)
    assert "the file has 29 annotations, not 30" in found
