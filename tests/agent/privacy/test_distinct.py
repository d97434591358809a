import copy
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.canaries import held_bytes
from agent.privacy.distinct import KEY_BYTES, MAX_DISTINCT, Distinct, pseudonym
from agent.privacy.errors import NoRandomness
from tests.support.privacy import counting_bytes, mac


def distinct(bound: int = 1000, random_bytes: Callable[[int], bytes] | None = None) -> Distinct:
    return Distinct(bound=bound, random_bytes=random_bytes or counting_bytes())


@given(st.lists(st.binary(min_size=1, max_size=8), max_size=100))
def test_distinct_of_any_sightings_is_the_number_of_different_ones(sightings: list[bytes]) -> None:
    crowd = distinct()
    for sighting in sightings:
        crowd.add(sighting)
    assert crowd.result() == (len(set(sightings)), 1)
    assert not crowd.saturated


def test_distinct_of_nobody_is_zero_and_asks_for_no_key() -> None:
    crowd = distinct(random_bytes=lambda _: pytest.fail("a key was made for nobody"))
    assert crowd.result() == (0, 1)


def test_distinct_at_its_bound_saturates_only_when_another_one_comes() -> None:
    crowd = distinct(bound=3)
    for number in (1, 2, 3, 3, 2, 1):
        crowd.add(mac(number))
    assert not crowd.saturated
    crowd.add(mac(4))
    assert crowd.saturated
    assert crowd.result() == (3, 1)


def test_distinct_with_an_enormous_range_remembers_no_more_than_the_cap() -> None:
    crowd = distinct(bound=2**53)
    assert crowd._bound == MAX_DISTINCT


def test_distinct_holds_no_identifier_while_it_counts() -> None:
    crowd = distinct()
    crowd.add(mac(77))
    assert mac(77) not in b"|".join(held_bytes(crowd))


def test_distinct_wiped_overwrites_its_key_and_forgets_its_pseudonyms() -> None:
    crowd = distinct()
    crowd.add(mac(1))
    key = crowd._key
    assert key is not None
    assert any(key)
    crowd.wipe()
    assert key == bytearray(KEY_BYTES)
    assert held_bytes(crowd) == frozenset()
    assert crowd.result() == (0, 1)


def test_distinct_of_two_windows_uses_two_keys() -> None:
    random_bytes = counting_bytes()
    first, second = distinct(random_bytes=random_bytes), distinct(random_bytes=random_bytes)
    first.add(mac(1))
    second.add(mac(1))
    assert held_bytes(first).isdisjoint(held_bytes(second))


@pytest.mark.parametrize("bad", [b"", b"short", bytes(KEY_BYTES), bytes(KEY_BYTES + 1)])
def test_distinct_with_an_unusable_key_refuses_to_count(bad: bytes) -> None:
    with pytest.raises(NoRandomness):
        distinct(random_bytes=lambda _: bad).add(mac(1))


def test_distinct_can_be_neither_shown_copied_nor_pickled() -> None:
    crowd = distinct()
    crowd.add(mac(1))
    assert repr(crowd) == "<Distinct>"
    for export in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="neither copied nor exported"):
            export(crowd)


def test_pseudonym_is_hmac_sha256_of_rfc_4231_case_2_cut_to_16_bytes() -> None:
    expected = bytes.fromhex("5bdcc146bf60754e6a042426089575c7")
    assert pseudonym(b"what do ya want for nothing?", bytearray(b"Jefe")) == expected
