"""The judge of a window: pays first, withholds when anything is wrong, and lets nothing undeclared through."""

import pytest

from agent.privacy.counters import FilterCounters
from agent.privacy.errors import NoLedger
from agent.privacy.judge import Judge
from agent.privacy.laplace import discrete_laplace
from agent.privacy.ledger import Ledger
from agent.privacy.opening import Opener
from agent.privacy.spec import StreamSpec
from agent.privacy.verdict import Outcome
from agent.privacy.window import Window
from agent.quality import Quality
from tests.support.privacy import NOISY_CARS, TEMPERATURE, counting_bytes, purse, released, stream

AIR = stream(released(TEMPERATURE), window_ms=1000, name="air")
BOOT = bytes(range(16))
WITHHELD: Outcome = (None, Quality.WITHHELD)


def judge_of(spec: StreamSpec, counters: FilterCounters | None = None, *, ledger: Ledger | None = None) -> Judge:
    counters = FilterCounters() if counters is None else counters
    return Judge(spec, counters, random_bytes=counting_bytes(), ledger=ledger, sampler=discrete_laplace)


def window_of(spec: StreamSpec) -> Window:
    return Opener(spec, counting_bytes()).window(0, partial=False)


def judged(judge: Judge, window: Window, *, boot_id: bytes | None = None, synchronised: bool = True) -> list[Outcome]:
    return judge.outcomes(window, failing=(), boot_id=boot_id, synchronised=synchronised)


def test_judge_of_a_whole_window_gives_a_value_for_each_column() -> None:
    window = window_of(AIR)
    window.numbers[0].add(2000)
    assert judged(judge_of(AIR), window) == [(2000, Quality.OK)]


@pytest.mark.parametrize("smuggled", [1.5, "text", b"\x01\x02", True, 9999], ids=str)
def test_value_outside_its_declaration_is_stopped_at_the_door(
    smuggled: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.privacy.verdict.Column.outcome", lambda *_: (smuggled, Quality.OK))
    counters = FilterCounters()
    judge = judge_of(AIR, counters)
    assert judged(judge, window_of(AIR)) == [WITHHELD]
    assert (counters.rows_withheld, judge.errors) == (1, {"RuleBroken"})


def test_condemned_window_is_wiped_and_withheld_and_only_the_type_of_the_error_is_kept() -> None:
    judge, window = judge_of(AIR), window_of(AIR)
    window.numbers[0].add(2000)
    judge.condemn(window, ValueError("AA:BB:CC:DD:EE:FF"))
    assert (window.broken, window.numbers) == (True, {})
    assert judged(judge, window) == [WITHHELD]
    assert judge.errors == {"ValueError"}


def test_judge_keeps_few_types_of_errors() -> None:
    judge = judge_of(AIR)
    for number in range(100):
        judge.condemn(window_of(AIR), type(f"Error{number}", (Exception,), {})())
    assert len(judge.errors) == 16


def test_judge_of_noise_without_a_ledger_is_refused() -> None:
    with pytest.raises(NoLedger):
        judge_of(NOISY_CARS)


@pytest.mark.parametrize(
    ("boot_id", "synchronised", "always", "spent"),
    [
        (None, True, True, True),
        (BOOT, True, True, False),
        (None, False, True, False),
        (None, True, False, False),
    ],
    ids=["dated", "since boot", "not synchronised", "not synchronised for a while"],
)
def test_judge_pays_with_a_date_only(*, boot_id: bytes | None, synchronised: bool, always: bool, spent: bool) -> None:
    ledger, window = purse(NOISY_CARS), window_of(NOISY_CARS)
    window.synchronised = always
    judged(judge_of(NOISY_CARS, ledger=ledger), window, boot_id=boot_id, synchronised=synchronised)
    assert bool(ledger.account.spent) is spent


def test_judge_pays_for_a_window_that_was_condemned_too() -> None:
    ledger, window = purse(NOISY_CARS), window_of(NOISY_CARS)
    judge = judge_of(NOISY_CARS, ledger=ledger)
    judge.condemn(window, ValueError())
    assert set(judged(judge, window)) == {WITHHELD}
    assert ledger.account.spent
