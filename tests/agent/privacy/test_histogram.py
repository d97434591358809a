import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy.canaries import held_bytes
from agent.privacy.errors import RuleBroken
from agent.privacy.histogram import MOST_BINS, Bin, Histogram, layouts
from agent.privacy.spec import Rule
from agent.wire.messages import MAX_COLUMNS
from tests.support.privacy import (
    HUMIDITY,
    MAC,
    RSSI,
    SPEEDS,
    SPREAD,
    counting_bytes,
    histogram,
    mac,
    released,
    stream,
)

EDGES = (0, 10, 20, 50)


def plain(*samples: int) -> Histogram:
    found = Histogram(EDGES, k=5, random_bytes=None)
    for sample in samples:
        found.add(sample)
    return found


def named(k: int = 5) -> Histogram:
    return Histogram(EDGES, k=k, random_bytes=counting_bytes())


def counts(found: Histogram) -> list[int]:
    results = [found.samples(cell) for cell in range(len(EDGES))]
    return [-1 if result is None else result[0] for result in results]


@pytest.mark.parametrize(
    ("sample", "cell"), [(-1, 3), (0, 0), (9, 0), (10, 1), (19, 1), (20, 2), (49, 2), (50, 3), (10**30, 3)]
)
def test_sample_is_counted_from_the_lower_edge_up_to_below_the_upper_one(sample: int, cell: int) -> None:
    assert counts(plain(sample)) == [int(number == cell) for number in range(4)]


def test_histogram_without_samples_has_no_result_and_with_one_beside_it_has_zeros() -> None:
    assert Bin(plain(), 0).result() is None
    assert Bin(plain(99), 0).result() == (0, 1)
    assert Bin(plain(99), 0).reason is None


@given(st.lists(st.integers(-20, 80), min_size=1, max_size=60))
def test_histogram_of_any_samples_has_each_once(samples: list[int]) -> None:
    found = counts(plain(*samples))
    assert sum(found) == len(samples)
    assert found[1] == sum(10 <= sample < 20 for sample in samples)


@pytest.mark.parametrize(
    ("samples", "small"),
    [((), False), ((1,) * 5, False), ((1,) * 4, True), ((1,) * 9 + (60,), True), ((60,) * 5 + (1,) * 5, False)],
    ids=["nobody", "k in one bin", "fewer", "one beside the bins", "k beside the bins"],
)
def test_histogram_counted_by_samples_is_small_by_samples(samples: tuple[int, ...], *, small: bool) -> None:
    assert plain(*samples).has_small_cell(5) is small


def test_histogram_of_named_contributors_is_small_however_often_one_is_seen() -> None:
    found = named()
    for number in range(5):
        found.add(1, mac(number))
    assert not found.has_small_cell(5)
    for _ in range(100):
        found.add(15, mac(0))
    assert found.has_small_cell(5)
    for number in range(1, 5):
        found.add(12, mac(number))
    assert not found.has_small_cell(5)
    assert counts(found) == [5, 104, 0, 0]


def test_histogram_of_people_without_a_contributor_refuses_the_sample() -> None:
    with pytest.raises(RuleBroken, match="without its contributor"):
        named().add(1)


def test_histogram_remembers_no_more_people_of_a_bin_than_k() -> None:
    found = named(k=7)
    for number in range(100):
        found.add(1, mac(number))
    assert found._crowds is not None
    assert [len(crowd._seen) for crowd in found._crowds] == [7, 0, 0, 0]


def test_histogram_wiped_holds_nothing() -> None:
    found = named()
    found.add(1, mac(1))
    assert mac(1) not in b"|".join(held_bytes(found))
    found.wipe()
    assert held_bytes(found) == frozenset()
    assert counts(found) == [-1] * 4


def test_layouts_of_a_stream_have_columns_edges_and_who_says_whose_a_sample_is() -> None:
    (speeds,) = layouts(SPEEDS)
    assert (speeds.columns, speeds.edges) == ((2, 3, 4), (0, 139, 278, 1001))
    assert (speeds.group, speeds.named) == ("vehicles_sensor.vehicles", False)
    (humidity,) = layouts(SPREAD)
    assert (humidity.group, humidity.named) == (None, False)


@pytest.mark.parametrize("rule", [Rule.COUNT_DISTINCT, Rule.DWELL])
def test_layout_is_named_where_its_group_has_identifiers(rule: Rule) -> None:
    spec = stream(*histogram(HUMIDITY, 0, 1, 2), *histogram(RSSI, -127, 0, 21), released(MAC, rule), k=5)
    assert [layout.named for layout in layouts(spec)] == [False, True]


def test_histogram_may_have_as_many_bins_as_a_stream_has_columns() -> None:
    assert MOST_BINS == MAX_COLUMNS
