import copy
import pickle
import statistics
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.canaries import held_bytes
from agent.privacy.distinct import KEY_BYTES
from agent.privacy.dwell import MOST_STAYS, Dwell
from agent.privacy.errors import NoRandomness
from agent.quality import Quality
from tests.support.privacy import counting_bytes, mac


def dwell(random_bytes: Callable[[int], bytes] | None = None, bound: int = MOST_STAYS) -> Dwell:
    return Dwell(random_bytes=random_bytes or counting_bytes(), bound=bound)


def test_dwell_of_one_who_was_seen_three_times_is_from_first_to_last_in_any_order() -> None:
    stay = dwell()
    for at_ms in (3000, 1000, 2500):
        stay.add(mac(1), at_ms)
    assert stay.result() == (2000, 1)


def test_dwell_of_those_who_were_seen_once_is_zero_and_counts() -> None:
    stay = dwell()
    for number, at_ms in ((1, 0), (2, 0), (3, 0), (1, 9000)):
        stay.add(mac(number), at_ms)
    assert stay.result() == (0, 1)
    assert stay.people == 3


def test_dwell_of_nobody_is_nothing_and_asks_for_no_key() -> None:
    stay = dwell(lambda _: pytest.fail("a key was made for nobody"))
    assert stay.result() is None
    assert stay.reason is None
    assert stay.people == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 10**8)), min_size=1, max_size=50))
def test_dwell_of_any_sightings_is_the_median_of_first_to_last(seen: list[tuple[int, int]]) -> None:
    stay = dwell()
    for number, at_ms in seen:
        stay.add(mac(number), at_ms)
    times = [[at_ms for who, at_ms in seen if who == number] for number in {who for who, _ in seen}]
    result = stay.result()
    assert result is not None
    assert Fraction(*result) == statistics.median([Fraction(max(found) - min(found)) for found in times])
    assert stay.people == len(times)


def test_dwell_of_more_than_can_be_remembered_is_null_with_a_code() -> None:
    stay = dwell(bound=2)
    for number in (1, 2, 1, 2):
        stay.add(mac(number), number)
    assert stay.saturated is False
    assert stay.reason is None
    stay.add(mac(3), 0)
    assert stay.result() is None
    assert stay.reason is Quality.SATURATED
    assert stay.people == 2


def test_dwell_holds_no_identifier_and_is_wiped_with_its_key() -> None:
    stay = dwell()
    stay.add(mac(77), 5)
    key = stay._key
    assert key is not None
    assert mac(77) not in b"|".join(held_bytes(stay))
    stay.wipe()
    assert key == bytearray(KEY_BYTES)
    assert held_bytes(stay) == frozenset()
    assert stay.people == 0


def test_dwell_without_a_usable_key_refuses_to_remember() -> None:
    with pytest.raises(NoRandomness):
        dwell(bytes).add(mac(1), 0)


def test_dwell_can_be_neither_shown_copied_nor_pickled() -> None:
    stay = dwell()
    stay.add(mac(1), 0)
    assert repr(stay) == "<Dwell>"
    for export in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="neither copied nor exported"):
            export(stay)
