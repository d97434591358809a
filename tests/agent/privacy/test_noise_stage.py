"""The self-test of a stream with noise passes with the real filter, and with no other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from agent.privacy.canary import self_test
from agent.privacy.distinct import RandomBytes
from agent.privacy.filter import StreamFilter
from agent.privacy.histogram import Histogram
from agent.privacy.intake import EventsPort, NumberPort
from agent.privacy.judge import Judge
from agent.privacy.laplace import discrete_laplace
from agent.privacy.ledger import Ledger
from agent.privacy.ledger import Verdict as Grant
from agent.privacy.noise_stage import TAPES, Tape
from agent.privacy.noised import Noised, Sampler
from agent.privacy.spec import Rule, StreamSpec
from agent.privacy.verdict import Column, Verdict, is_partial
from agent.privacy.window import Window
from agent.quality import Quality
from tests.support.privacy import (
    LATITUDE,
    MAC,
    NOISY,
    NOISY_CARS,
    RSSI,
    counting_bytes,
    noise,
    purse,
    released,
    stream,
)

PLACED = stream(
    released(MAC, Rule.COUNT_DISTINCT, bounds=(0, 12), resolution=5),
    released(LATITUDE, Rule.GRID, sensor="gnss", grid_m=1000),
    k=5,
    noise=noise(epsilon=(10, 1), daily=(10, 1)),
)


def maker(spec: StreamSpec) -> Callable[..., StreamFilter]:
    return partial(StreamFilter, spec=spec, random_bytes=counting_bytes())


@pytest.mark.parametrize(
    "spec",
    [
        NOISY,
        NOISY_CARS,
        PLACED,
        replace(NOISY, suppress_below=None),
        replace(NOISY, window_ms=1),
        replace(NOISY, window_ms=24 * 3_600_000),
        replace(NOISY_CARS, suppress_below=50),
        stream(released(RSSI, Rule.COUNT, exponent=2, bounds=(-1, 1)), noise=noise(1_000_000)),
    ],
    ids=repr,
)
def test_self_test_of_the_real_filter_with_noise_passes(spec: StreamSpec) -> None:
    assert self_test(spec, maker(spec)).reason == ""


def never(*_: object) -> int:
    return 0


def test_self_test_of_a_filter_that_draws_zeros_when_nobody_looks_fails() -> None:
    def make(*, spec: StreamSpec = NOISY, ledger: Ledger | None = None, sampler: Sampler = never) -> StreamFilter:
        return StreamFilter(spec, random_bytes=counting_bytes(), ledger=ledger, sampler=sampler)

    reason = self_test(NOISY, make).reason
    assert reason == "channel devices: the same people always come out the same: no noise"


@pytest.mark.parametrize("sampler", [never, discrete_laplace])
def test_self_test_of_a_filter_that_does_not_take_the_tape_fails(sampler: Sampler) -> None:
    def make(**given: Any) -> StreamFilter:  # noqa: ANN401 - the filter's own keywords
        return maker(NOISY)(**(given | {"sampler": sampler}))

    assert "noise was drawn 0 times for 4 counts" in self_test(NOISY, make).reason


def test_self_test_of_a_maker_that_takes_no_ledger_fails() -> None:
    report = self_test(NOISY, lambda: StreamFilter(NOISY, random_bytes=counting_bytes()))
    assert not report.passed


def test_self_test_spends_nothing_of_the_ledger_in_use() -> None:
    in_use = purse(NOISY)
    before = in_use.account
    assert self_test(NOISY, partial(maker(NOISY), ledger=in_use)).passed
    assert in_use.account is before


REAL_DRAW, REAL_OUTCOMES = Noised._draw, Noised.outcomes


def _one_draw_for_all(noised: Noised, window: Window, grant: Grant | None, counters: Any) -> Any:  # noqa: ANN401
    draw = REAL_DRAW(noised)
    noised._sampler = lambda *_: draw
    return REAL_OUTCOMES(noised, window, grant, counters)


def _half_scale(noised: Noised) -> int:
    return noised._sampler((noised._scale[0], 2 * noised._scale[1]), noised._random_bytes)


def _unheld(_: Column, count: int, counters: object) -> tuple[int, Quality]:
    del counters
    return count, Quality.OK


def _dropped(port: NumberPort, values: Mapping[str, Any], window: Window, *_: object, **__: object) -> None:
    sample = values.get(port._source)
    if type(sample) is int and port._low <= sample <= port._high:
        for column in port._columns:
            window.numbers[column].add(sample)


def _free(judge: Judge, window: Window, **_: object) -> Grant | None:
    noised = judge._noised
    return Grant.GRANTED if noised is not None and noised.is_due(window) else None


def _undated(judge: Judge, window: Window, **_: object) -> Grant | None:
    payment, noised = judge._payment, judge._noised
    due = payment is not None and noised is not None and noised.is_due(window)
    return payment.spend(window.start_ms, synchronised=True) if due and payment else None


def _boot_is_a_date(judge: Judge, window: Window, *, boot_id: bytes | None, synchronised: bool) -> Grant | None:
    del boot_id
    payment, noised = judge._payment, judge._noised
    due = payment is not None and noised is not None and noised.is_due(window)
    return payment.spend(window.start_ms, synchronised=synchronised) if due and payment else None


def _overdrawn(judge: Judge, window: Window, *, boot_id: bytes | None, synchronised: bool) -> Grant | None:
    noised = judge._noised
    due = noised is not None and noised.is_due(window)
    dated = boot_id is None and synchronised
    return (Grant.GRANTED if dated else Grant.UNSYNCHRONISED) if due else None


def _paid_though_partial(judge: Judge, window: Window, *, boot_id: bytes | None, synchronised: bool) -> Grant | None:
    payment, noised = judge._payment, judge._noised
    assert payment is not None
    assert noised is not None
    grant = payment.spend(window.start_ms, synchronised=boot_id is None and synchronised and window.synchronised)
    if grant is Grant.GRANTED and window.partial:
        noised._draw()
    return grant


def _drawn_whatever_is_granted(noised: Noised, window: Window, grant: Grant | None, counters: Any) -> Any:  # noqa: ANN401
    if grant is not Grant.GRANTED and noised.is_due(window):
        noised._draw()
    return REAL_OUTCOMES(noised, window, grant, counters)


def _suppressed_is_no_data(noised: Noised, window: Window, grant: Grant | None, counters: Any) -> Any:  # noqa: ANN401
    outcomes = REAL_OUTCOMES(noised, window, grant, counters)
    empty = not any(crowd.result()[0] for crowd in window.crowds.values())
    return {n: (None, Quality.NO_DATA) if empty and v is None else (v, q) for n, (v, q) in outcomes.items()}


def _full_is_saturated(noised: Noised, window: Window, grant: Grant | None, counters: Any) -> Any:  # noqa: ANN401
    outcomes = REAL_OUTCOMES(noised, window, grant, counters)
    if any(crowd.result()[0] for crowd in window.crowds.values()):
        return outcomes
    return {n: (v, Quality.PARTIAL if q is Quality.OK else q) for n, (v, q) in outcomes.items()}


MUTANTS: Sequence[tuple[str, StreamSpec, object, str, object]] = [
    ("no noise", NOISY, Noised, "_draw", never),
    ("half the scale", NOISY, Noised, "_draw", _half_scale),
    ("one draw for all counts", NOISY, Noised, "outcomes", _one_draw_for_all),
    ("no threshold", NOISY, Noised, "_small", lambda *_: set()),
    ("no threshold of bins", NOISY, Noised, "_is_small_bin", lambda *_: False),
    ("values are not held", NOISY_CARS, Column, "held", _unheld),
    ("implausible numbers are dropped", NOISY_CARS, EventsPort, "take", _dropped),
    ("nothing is paid", NOISY, Judge, "_pay", _free),
    ("no date is needed", NOISY, Judge, "_pay", _undated),
    ("the time since boot is a date", NOISY, Judge, "_pay", _boot_is_a_date),
    ("partial windows are paid", NOISY, Noised, "_is_partial", lambda *_: False),
    ("partial windows are paid and drawn for", NOISY, Judge, "_pay", _paid_though_partial),
    ("an empty purse pays", replace(NOISY, window_ms=12 * 3_600_000), Judge, "_pay", _overdrawn),
    ("noise is drawn for nothing", NOISY, Noised, "outcomes", _drawn_whatever_is_granted),
    ("an empty window has a code of its own", NOISY, Noised, "outcomes", _suppressed_is_no_data),
    ("an empty window is partial", NOISY, Noised, "outcomes", _full_is_saturated),
    ("bins are not told apart", NOISY, Histogram, "samples", lambda h, _: (sum(h._samples), 1)),
    ("noised columns are judged as if exact", NOISY, Verdict, "outcomes", lambda *_, **__: [(20, Quality.OK)] * 5),
]

WHERE_IT_SHOWS: Mapping[str, str] = {
    "no noise": "more than k: noise was drawn 0 times for 4 counts",
    "half the scale": "noise of another scale was drawn",
    "one draw for all counts": "more than k: noise was drawn 1 times for 4 counts",
    "no threshold": "nobody: channel devices is not",
    "no threshold of bins": "more than k: channel signal_0 is not",
    "values are not held": "above the plausible range: a rule failed with an error",
    "implausible numbers are dropped": "above the plausible range: channel cars is not",
    "nothing is paid": "without a date: channel devices left",
    "no date is needed": "without a date: channel devices left",
    "the time since boot is a date": "without a date: channel devices left",
    "partial windows are paid": "partial window: channel devices tells about people",
    "partial windows are paid and drawn for": "partial window: noise was drawn",
    "an empty purse pays": "without budget: channel devices left",
    "noise is drawn for nothing": "without a date: noise was drawn",
    "an empty window has a code of its own": "nobody: channel devices tells more than its noisy count",
    "an empty window is partial": "nobody: channel devices tells more than its noisy count",
    "bins are not told apart": "more than k: channel signal_0 is not",
    "noised columns are judged as if exact": "more than k: channel temperature is not",
}
"""How the reason begins: the scene in which the fault is found, and the channel."""


@pytest.mark.parametrize(("fault", "spec", "owner", "name", "rule"), MUTANTS, ids=[case[0] for case in MUTANTS])
def test_self_test_of_a_filter_with_noise_and_a_fault_fails_and_says_where(
    *, fault: str, spec: StreamSpec, owner: object, name: str, rule: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, rule)
    assert self_test(spec, maker(spec)).reason.startswith(WHERE_IT_SHOWS[fault])


def test_self_test_of_a_threshold_on_exact_numbers_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commonest mistake: whether few were there is decided before the noise."""

    def judged(noised: Noised, window: Window, grant: Grant | None, counters: Any) -> Any:  # noqa: ANN401
        outcomes = REAL_OUTCOMES(noised, window, grant, counters)
        few = [crowd.result()[0] < 10 for crowd in window.crowds.values()]
        hidden = grant is Grant.GRANTED and any(few) and not is_partial(window, "devices_sensor")
        return dict.fromkeys(outcomes, (None, Quality.SUPPRESSED)) if hidden else outcomes

    monkeypatch.setattr(Noised, "outcomes", judged)
    assert "fewer than k" in self_test(NOISY, maker(NOISY)).reason


def test_tape_repeats_what_is_written_on_it_and_remembers() -> None:
    tape = Tape((1, -2))
    source: RandomBytes = counting_bytes()
    assert [tape((6, 4), source) for _ in range(3)] == [1, -2, 1]
    assert tape.draws == [1, -2, 1]
    assert [str(scale) for scale in tape.scales] == ["3/2"]


def test_tapes_make_few_of_the_crowd_and_a_crowd_of_the_few() -> None:
    values = [value for tape in TAPES for value in tape]
    assert 1 in values
    assert min(values) <= -8
    assert len(set(TAPES[-1])) == len(TAPES[-1]) > 4
