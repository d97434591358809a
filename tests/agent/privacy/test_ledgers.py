import hashlib
import json
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.ledger import DAY_MS, FINEST, LATEST_MS, MOST_TERM, Account, Budget, Ledger, Verdict, day_of
from agent.privacy.ledgers import MOST_BYTES, MOST_STREAMS, Found, Ledgers, budget_of, budgets_of
from tests.support.privacy import NOISY, WEATHER

HOUR_MS = DAY_MS // 24
DAY = 20_000
MIDNIGHT = DAY * DAY_MS
HALF = Budget(epsilon=(1, 2), daily=(1, 1))


def spend(ledgers: Ledgers, stream: str, *hours: int) -> list[Verdict]:
    return [ledgers.of(stream).spend(MIDNIGHT + hour * HOUR_MS, synchronised=True) for hour in hours]


def sealed(document: object) -> bytes:
    """Return bytes with the right checksum."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return hashlib.sha256(b"lamppost budgets" + body).hexdigest().encode() + b"\n" + body


def stored(*fields: object, stream: str = "people") -> bytes:
    return sealed({"version": 1, "streams": {stream: fields}})


def test_ledgers_of_nothing_are_missing_for_every_stream() -> None:
    ledgers = Ledgers({"people": HALF, "bikes": HALF})
    assert ledgers.found is Found.ABSENT
    assert spend(ledgers, "people", 1, 25) == [Verdict.MISSING, Verdict.GRANTED]
    assert spend(ledgers, "bikes", 2, 26) == [Verdict.MISSING, Verdict.GRANTED]


def test_ledgers_exported_are_these_bytes() -> None:
    ledgers = Ledgers({"people": HALF, "bikes": HALF})
    spend(ledgers, "people", 1, 25)
    body = b'{"version":1,"streams":{"bikes":[null,0,1,true],"people":[1728090000000,1,2,false]}}'
    assert ledgers.export() == sealed(body)


def test_ledgers_restored_know_what_they_knew() -> None:
    ledgers = Ledgers({"people": HALF, "bikes": HALF})
    spend(ledgers, "people", 1, 25)
    again = Ledgers({"people": HALF, "bikes": HALF}, ledgers.export())
    assert again.found is Found.SOUND
    assert again.of("people").account == ledgers.of("people").account
    assert again.export() == ledgers.export()
    assert spend(again, "people", 25, 26, 27) == [Verdict.REPEATED, Verdict.GRANTED, Verdict.SPENT]


def test_ledgers_restored_from_before_a_grant_grant_it_again_because_its_row_was_lost_too() -> None:
    ledgers = Ledgers({"people": HALF})
    spend(ledgers, "people", 1)
    committed = ledgers.export()
    assert spend(ledgers, "people", 25) == [Verdict.GRANTED]
    assert spend(Ledgers({"people": HALF}, committed), "people", 25) == [Verdict.GRANTED]


def test_ledgers_restored_do_not_know_a_new_stream_and_suppress_it_until_the_next_day() -> None:
    ledgers = Ledgers({"people": HALF})
    spend(ledgers, "people", 1)
    again = Ledgers({"people": HALF, "bikes": HALF}, ledgers.export())
    assert again.found is Found.SOUND
    assert spend(again, "bikes", 2, 3, 24) == [Verdict.MISSING, Verdict.MISSING, Verdict.GRANTED]


def test_ledgers_of_a_stream_that_has_no_budget_are_not_given_out() -> None:
    with pytest.raises(KeyError):
        Ledgers({"people": HALF}).of("bikes")


def test_ledgers_remember_a_stream_that_was_taken_out_and_put_back() -> None:
    ledgers = Ledgers({"people": HALF})
    spend(ledgers, "people", 1, 25, 26)
    without = Ledgers({"bikes": HALF}, ledgers.export())
    back = Ledgers({"people": HALF}, without.export())
    assert spend(back, "people", 27) == [Verdict.SPENT]


def test_ledgers_of_too_many_former_streams_forget_the_oldest_and_take_them_for_missing() -> None:
    saved = None
    for number in range(MOST_STREAMS + 10):
        ledgers = Ledgers({f"s{number}": HALF}, saved)
        spend(ledgers, f"s{number}", number)
        saved = ledgers.export()
        assert len(saved) <= MOST_BYTES
    last = MOST_STREAMS + 9
    again = Ledgers({f"s{number}": HALF for number in (0, 10, 11, last)}, saved)
    assert again.found is Found.SOUND
    accounts = [again.of(f"s{number}").account.last_ms for number in (0, 10, 11, last)]
    assert accounts == [None] + [MIDNIGHT + number * HOUR_MS for number in (10, 11, last)]


def test_ledgers_of_the_most_streams_with_the_longest_names_can_be_restored() -> None:
    budgets = {f"{number:03}" + "\x01" * 61: HALF for number in range(MOST_STREAMS)}
    ledgers = Ledgers(budgets)
    for stream in budgets:
        spend(ledgers, stream, 1, 25)
    saved = ledgers.export()
    assert Ledgers(budgets, saved).export() == saved
    assert Ledgers(budgets, saved).found is Found.SOUND


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([f"s{number}" for number in range(MOST_STREAMS + 1)], id="too-many"),
        pytest.param(["s" * 65], id="too-long"),
    ],
)
def test_ledgers_that_could_not_be_restored_are_not_made(names: list[str]) -> None:
    with pytest.raises(ValueError, match="at most 256 streams, with names of at most 64 characters"):
        Ledgers(dict.fromkeys(names, HALF))


def _assert_damaged(saved: bytes) -> None:
    ledgers = Ledgers({"people": HALF}, saved)
    assert ledgers.found is Found.DAMAGED
    assert spend(ledgers, "people", 1, 2, 24) == [Verdict.MISSING, Verdict.MISSING, Verdict.GRANTED]
    assert Ledgers({"people": HALF}, ledgers.export()).found is Found.SOUND


SOUND = (MIDNIGHT - 1, 1, 2, False)


@pytest.mark.parametrize(
    "saved",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n", id="line"),
        pytest.param(stored(*SOUND)[65:], id="no-checksum"),
        pytest.param(b"0" * 64 + stored(*SOUND)[64:], id="wrong-checksum"),
        pytest.param(stored(*SOUND)[:-1], id="cut"),
        pytest.param(stored(*SOUND) + b" ", id="trailing"),
        pytest.param(sealed(b""), id="no-document"),
        pytest.param(sealed(b"\xff\xfe{"), id="no-text"),
        pytest.param(sealed(b"[" * 50_000), id="deep"),
        pytest.param(sealed([]), id="list"),
        pytest.param(sealed({"streams": {"people": SOUND}}), id="no-version"),
        pytest.param(sealed({"version": 2, "streams": {"people": SOUND}}), id="other-version"),
        pytest.param(sealed({"version": 0, "streams": {"people": SOUND}}), id="earlier-version"),
        pytest.param(sealed({"version": True, "streams": {"people": SOUND}}), id="version-true"),
        pytest.param(sealed({"version": 1}), id="no-streams"),
        pytest.param(sealed({"version": 1, "streams": [SOUND]}), id="streams-list"),
        pytest.param(sealed({"version": 1, "streams": {"people": SOUND}, "more": 1}), id="unknown-key"),
        pytest.param(sealed({"version": 1, "streams": dict.fromkeys(map(str, range(257)), SOUND)}), id="too-many"),
        pytest.param(stored(*SOUND, stream="s" * 65), id="long-name"),
        pytest.param(sealed({"version": 1, "streams": {"people": SOUND, "x": "abcd"}}), id="not-a-list"),
        pytest.param(sealed({"version": 1, "streams": {"people": SOUND, "x": 5}}), id="number-for-a-list"),
        pytest.param(stored(*SOUND[:3]), id="three-fields"),
        pytest.param(stored(*SOUND, 1), id="five-fields"),
        pytest.param(stored(-1, *SOUND[1:]), id="negative-start"),
        pytest.param(stored(LATEST_MS, *SOUND[1:]), id="late-start"),
        pytest.param(stored(1.5, *SOUND[1:]), id="fractional-start"),
        pytest.param(stored(True, *SOUND[1:]), id="true-start"),  # noqa: FBT003
        pytest.param(stored("1", *SOUND[1:]), id="text-start"),
        pytest.param(stored(None, *SOUND[1:]), id="spent-at-no-time"),
        pytest.param(stored(None, 0, 1, False), id="sound-at-no-time"),  # noqa: FBT003
        pytest.param(stored(None, 1, 1, True), id="missing-and-spent-at-no-time"),  # noqa: FBT003
        pytest.param(stored(MIDNIGHT, 1, 1, True), id="missing-and-spent"),  # noqa: FBT003
        pytest.param(stored(MIDNIGHT, -1, 2, False), id="negative-spent"),  # noqa: FBT003
        pytest.param(stored(MIDNIGHT, MOST_TERM * 2 + 1, 2, False), id="absurd-spent"),  # noqa: FBT003
        pytest.param(stored(MIDNIGHT, 0.5, 1, False), id="fractional-spent"),  # noqa: FBT003
        pytest.param(stored(MIDNIGHT, True, 1, False), id="true-spent"),  # noqa: FBT003
        pytest.param(stored(MIDNIGHT, 1, 0, False), id="no-denominator"),  # noqa: FBT003
        pytest.param(stored(MIDNIGHT, 1, -2, False), id="negative-denominator"),  # noqa: FBT003
        pytest.param(stored(MIDNIGHT, 1, FINEST + 1, False), id="fine-denominator"),  # noqa: FBT003
        pytest.param(stored(MIDNIGHT, 1, 2.0, False), id="fractional-denominator"),  # noqa: FBT003
        pytest.param(stored(MIDNIGHT, 1, 2, 0), id="missing-is-a-number"),
        pytest.param(stored(MIDNIGHT, 1, 2, None), id="missing-is-null"),
        pytest.param(
            sealed(b'{"version":1,"streams":{"people":[1,' + b"9" * 5000 + b",1,false]}}"), id="long-number"
        ),
        pytest.param(sealed(json.dumps({"version": 1, "streams": {}}).encode() + b" " * MOST_BYTES), id="too-long"),
    ],
)
def test_ledgers_damaged_suppress_until_the_next_day_and_are_sound_again_after(saved: bytes) -> None:
    _assert_damaged(saved)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(SOUND, id="usual"),
        pytest.param((0, 0, 1, False), id="least"),
        pytest.param((LATEST_MS - 1, MOST_TERM * FINEST, FINEST, False), id="most"),
        pytest.param((None, 0, 1, True), id="nothing-known"),
        pytest.param((MIDNIGHT - 1, 0, 1, True), id="missing"),
    ],
)
def test_ledgers_stored_at_their_limits_are_sound(fields: tuple[Any, ...]) -> None:
    ledgers = Ledgers({"people": HALF}, stored(*fields))
    assert ledgers.found is Found.SOUND
    account = ledgers.of("people").account
    assert account == Account(last_ms=fields[0], spent=Fraction(fields[1], fields[2]), missing=fields[3])


@pytest.mark.parametrize(("more", "found"), [(0, Found.SOUND), (1, Found.DAMAGED)])
def test_ledgers_of_the_most_bytes_are_sound_and_of_one_more_are_damaged(more: int, found: Found) -> None:
    body = b'{"version":1,"streams":{}}'
    saved = sealed(body + b"\n" * (2**17 - 65 - len(body) + more))
    assert len(saved) == MOST_BYTES + more
    assert Ledgers({"people": HALF}, saved).found is found


def test_ledgers_with_any_byte_changed_are_damaged() -> None:
    ledgers = Ledgers({"people": HALF})
    spend(ledgers, "people", 1, 25)
    saved = ledgers.export()
    for at in range(len(saved)):
        altered = saved[:at] + bytes([saved[at] ^ 1]) + saved[at + 1 :]
        assert Ledgers({"people": HALF}, altered).found is Found.DAMAGED
    for end in range(len(saved)):
        assert Ledgers({"people": HALF}, saved[:end]).found is Found.DAMAGED


BUDGETS = tuple(
    Budget(epsilon=epsilon, daily=daily)
    for epsilon in ((1, 2), (1, 3), (3, 7), (1, MOST_TERM - 1), (5, 1))
    for daily in ((1, 1), (2, 1), (1, 2))
)


@dataclass
class _World:
    """A unit with one stream whose clock, store and configuration do what they like, and what left it.

    Attributes:
        saved: what the last transaction left in the store.
        left: what the rows that were committed have cost, by the UTC day of their windows.
        now_ms: the right time.
        floor_ms: no clock that says it is synchronised tells an earlier time, since the ledger was lost.
    """

    budget: Budget = HALF
    saved: bytes | None = None
    left: dict[int, Fraction] = field(default_factory=dict)
    starts: set[int] = field(default_factory=set)
    now_ms: int = MIDNIGHT
    floor_ms: int = 0

    def start(self) -> None:
        self.ledgers = Ledgers({"people": self.budget}, self.saved)

    def window(self, *, later_ms: int, back_ms: int, synchronised: bool, committed: bool) -> None:
        self.now_ms += later_ms
        start_ms = max(self.now_ms - back_ms, self.floor_ms)
        verdict = self.ledgers.of("people").spend(start_ms, synchronised=synchronised)
        if committed:
            self.saved = self.ledgers.export()
        if verdict is not Verdict.GRANTED or not committed:
            return
        day = day_of(start_ms)
        self.left[day] = self.left.get(day, Fraction(0)) + Fraction(*self.budget.epsilon)
        assert self.left[day] <= Fraction(*self.budget.daily)
        assert synchronised
        assert start_ms not in self.starts
        self.starts.add(start_ms)

    def lose(self, saved: bytes | None) -> None:
        self.saved = saved
        self.floor_ms = max((day_of(start_ms) * DAY_MS for start_ms in self.starts), default=0)
        self.start()

    def configure(self, budget: Budget) -> None:
        self.budget = budget
        self.saved = self.ledgers.export()
        self.start()


WINDOWS = st.fixed_dictionaries(
    {
        "later_ms": st.sampled_from([0, 1, HOUR_MS, 5 * HOUR_MS, DAY_MS]),
        "back_ms": st.sampled_from([0, 0, 0, 1, HOUR_MS, 2 * DAY_MS]),
        "synchronised": st.sampled_from([True, True, True, False]),
        "committed": st.sampled_from([True, True, True, False]),
    }
)
STEPS = st.lists(
    st.one_of(
        WINDOWS, WINDOWS, WINDOWS, st.just("kill"), st.sampled_from([None, b"", b"torn"]), st.sampled_from(BUDGETS)
    ),
    max_size=60,
)


@given(STEPS)
def test_ledgers_whatever_happens_let_no_day_cost_more_than_its_budget(steps: list[Any]) -> None:
    world = _World()
    world.start()
    for step in steps:
        if isinstance(step, dict):
            world.window(**step)
        elif isinstance(step, Budget):
            world.configure(step)
        elif step == "kill":
            world.start()
        else:
            world.lose(step)


def test_ledger_for_a_rehearsal_has_a_clean_day_and_is_in_no_export() -> None:
    rehearsal = Ledger(HALF, Account(missing=False))
    assert rehearsal.spend(0, synchronised=True) is Verdict.GRANTED
    ledgers = Ledgers({"people": HALF})
    assert b"[null,0,1,true]" in ledgers.export()


def test_budgets_of_streams_are_those_of_the_streams_with_noise() -> None:
    assert NOISY.noise is not None
    assert budgets_of([WEATHER, NOISY]) == {"noisy": budget_of(NOISY.noise)}
    assert budget_of(NOISY.noise) == Budget(epsilon=(1, 2), daily=(2, 1))
    assert budgets_of([]) == {}
