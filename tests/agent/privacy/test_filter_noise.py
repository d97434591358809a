"""How a filter with noise pays: once for each window that could tell something, and never without a date."""

from dataclasses import replace
from fractions import Fraction

import pytest

from agent.privacy.errors import IllegalStream, NoLedger, PrivacyError
from agent.privacy.filter import StreamFilter
from agent.privacy.ledger import DAY_MS, Account, Ledger, Verdict
from agent.privacy.ledgers import budget_of
from agent.privacy.released import Released
from agent.privacy.spans import Spans
from agent.privacy.spec import Rule
from agent.quality import Quality
from tests.support.privacy import (
    CARS,
    DEVICES,
    MAC,
    NOISY,
    NOISY_CARS,
    TEMPERATURE,
    counting_bytes,
    make_noisy,
    noise,
    only,
    purse,
    reading,
    released,
    stream,
)

MINUTE = 60_000
MIDNIGHT = 20_000 * DAY_MS
BOOT = bytes(range(16))
TWO = stream(
    released(MAC, Rule.COUNT_DISTINCT),
    released(CARS, Rule.SUM),
    released(TEMPERATURE, sensor="mast"),
    name="two",
    noise=noise(2),
)


class Register(Ledger):
    """Writes down what it was asked."""

    def __init__(self, *, spent: Fraction = Fraction(0)) -> None:
        assert NOISY_CARS.noise is not None
        super().__init__(budget_of(NOISY_CARS.noise), Account(last_ms=MIDNIGHT - 1, spent=spent, missing=False))
        self.asked: list[tuple[int, bool]] = []

    def spend(self, start_ms: int, *, synchronised: bool) -> Verdict:
        self.asked.append((start_ms - MIDNIGHT, synchronised))
        return super().spend(start_ms, synchronised=synchronised)


def begun(ledger: Ledger, at_ms: int = MIDNIGHT) -> StreamFilter:
    made = make_noisy(NOISY_CARS, ledger=ledger, sampler=lambda *_: 1)
    made.begin(at_ms, boot_id=None)
    return made


def codes(row: Released) -> set[Quality]:
    return set(row.quality)


def test_filter_with_noise_and_no_ledger_is_refused() -> None:
    with pytest.raises(
        NoLedger, match="stream noisy adds noise, which a ledger of its own epsilon must pay for: there"
    ):
        StreamFilter(NOISY, random_bytes=counting_bytes())
    assert issubclass(NoLedger, PrivacyError)


def test_filter_with_the_ledger_of_another_epsilon_is_refused() -> None:
    cheaper = purse(replace(NOISY, noise=noise(3, epsilon=(1, 4))))
    with pytest.raises(NoLedger, match="reckons with another epsilon"):
        StreamFilter(NOISY, random_bytes=counting_bytes(), ledger=cheaper)


def test_illegal_filter_with_noise_is_refused_for_what_is_illegal() -> None:
    with pytest.raises(IllegalStream, match="has no noise, so it would leave exact"):
        StreamFilter(
            stream(released(CARS, Rule.MEAN), noise=noise()), random_bytes=counting_bytes(), ledger=purse(NOISY)
        )


def test_filter_without_noise_needs_no_ledger_and_spends_from_none() -> None:
    ledger = Register()
    made = StreamFilter(DEVICES, random_bytes=counting_bytes(), ledger=ledger)
    made.begin(MIDNIGHT, boot_id=None)
    made.advance(MIDNIGHT + 3 * MINUTE)
    assert ledger.asked == []


def test_filter_pays_once_for_each_window_whether_or_not_anybody_was_there() -> None:
    ledger = Register()
    made = begun(ledger)
    made.observe("vehicles_sensor", reading(cars=3), MIDNIGHT + MINUTE)
    made.advance(MIDNIGHT + 30_000)
    made.advance(MIDNIGHT + 2 * MINUTE)
    made.advance(MIDNIGHT + 2 * MINUTE)
    made.interrupt(MIDNIGHT + 3 * MINUTE)
    assert ledger.asked == [(0, True), (MINUTE, True), (2 * MINUTE, True)]


def test_filter_tells_when_the_budget_of_the_day_is_spent_and_goes_on_the_next_day() -> None:
    made = begun(Register())
    rows = made.advance(MIDNIGHT + 6 * MINUTE)
    assert [codes(row) for row in rows] == [{Quality.OK}] * 4 + [{Quality.BUDGET_SPENT}] * 2
    assert {row.values for row in rows[4:]} == {(None, None, None)}
    made.interrupt(MIDNIGHT + 6 * MINUTE)
    made.begin(MIDNIGHT + DAY_MS, boot_id=None)
    assert codes(only(made.advance(MIDNIGHT + DAY_MS + MINUTE))) == {Quality.OK}


def test_filter_without_a_sound_ledger_suppresses_until_the_next_day() -> None:
    made = begun(purse(NOISY_CARS, missing=True))
    assert codes(only(made.advance(MIDNIGHT + MINUTE))) == {Quality.SUPPRESSED}
    made.interrupt(MIDNIGHT + MINUTE)
    made.begin(MIDNIGHT + DAY_MS, boot_id=None)
    assert codes(only(made.advance(MIDNIGHT + DAY_MS + MINUTE))) == {Quality.OK}


def test_filter_pays_nothing_for_a_partial_window() -> None:
    ledger = Register()
    made = begun(ledger, MIDNIGHT + 1)
    assert codes(only(made.advance(MIDNIGHT + MINUTE))) == {Quality.PARTIAL}
    assert codes(only(made.interrupt(MIDNIGHT + MINUTE + 5))) == {Quality.PARTIAL}
    assert ledger.asked == []


def test_filter_pays_nothing_while_every_sensor_of_people_is_paused() -> None:
    ledger = Register()
    made = begun(ledger)
    made.sensor_paused("vehicles_sensor", MIDNIGHT + 10)
    assert codes(only(made.advance(MIDNIGHT + MINUTE))) == {Quality.PARTIAL}
    made.sensor_watched("vehicles_sensor", MIDNIGHT + MINUTE)
    assert ledger.asked == []


def test_filter_pays_for_what_is_watched_while_another_sensor_is_paused() -> None:
    ledger = purse(TWO)
    made = make_noisy(TWO, ledger=ledger, sampler=lambda scale, _: scale[0])
    made.begin(MIDNIGHT, boot_id=None)
    made.sensor_paused("devices_sensor", MIDNIGHT)
    row = only(made.advance(MIDNIGHT + MINUTE))
    assert row.values == (None, 4, None)
    assert row.quality == (Quality.PARTIAL, Quality.OK, Quality.NO_DATA)
    assert ledger.account.spent == Fraction(1, 2)


def test_filter_pays_nothing_for_a_window_that_was_given_out() -> None:
    ledger = Register()
    made = begun(ledger)
    made.advance(MIDNIGHT + 2 * MINUTE)
    made.begin(MIDNIGHT, boot_id=None, given=Spans([(MIDNIGHT, MIDNIGHT + MINUTE)]))
    assert made.advance(MIDNIGHT + 2 * MINUTE) == []
    assert len(ledger.asked) == 2
    assert made.counters.rows_repeated == 2


def test_filter_that_forgot_what_was_given_out_draws_nothing_twice() -> None:
    ledger = Register()
    begun(ledger).advance(MIDNIGHT + MINUTE)
    assert codes(only(begun(ledger).advance(MIDNIGHT + MINUTE))) == {Quality.SUPPRESSED}
    assert ledger.account.spent == Fraction(1, 2)


def test_fresh_filter_takes_its_clock_for_not_synchronised() -> None:
    made = StreamFilter(NOISY, random_bytes=counting_bytes(), ledger=purse(NOISY))
    made.begin(MIDNIGHT, boot_id=None)
    assert made.synchronised is False
    assert codes(only(made.advance(MIDNIGHT + MINUTE))) == {Quality.SUPPRESSED, Quality.NO_DATA}


def test_filter_on_the_time_since_boot_pays_nothing_whatever_it_is_told() -> None:
    ledger = Register()
    made = begun(ledger)
    made.begin(0, boot_id=BOOT)
    assert codes(only(made.advance(MINUTE))) == {Quality.SUPPRESSED}
    assert [synchronised for _, synchronised in ledger.asked] == [False]


def test_window_remembers_that_the_clock_was_not_synchronised_for_a_while() -> None:
    made = begun(Register())
    made.synchronised = False
    made.advance(MIDNIGHT + 30_000)
    made.synchronised = True
    rows = made.advance(MIDNIGHT + 2 * MINUTE)
    assert [codes(row) for row in rows] == [{Quality.SUPPRESSED}, {Quality.OK}]


def test_budget_is_spent_alike_when_a_rule_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("broken")

    ledger = Register()
    made = begun(ledger)
    monkeypatch.setattr("agent.privacy.intake.Intake.pour", fail)
    made.observe("vehicles_sensor", reading(cars=3), MIDNIGHT)
    assert codes(only(made.advance(MIDNIGHT + MINUTE))) == {Quality.WITHHELD}
    assert ledger.account.spent == Fraction(1, 2)


def test_count_that_was_given_no_noise_withholds_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.privacy.noised.Noised.outcomes", lambda *_: {0: (5, Quality.OK)})
    made = begun(Register())
    assert codes(only(made.advance(MIDNIGHT + MINUTE))) == {Quality.WITHHELD}
    assert made.errors == ("RuleBroken",)
