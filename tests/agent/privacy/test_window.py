import pytest

from agent.privacy.aggregate import Last
from agent.privacy.canaries import held_bytes
from agent.privacy.distinct import Distinct
from agent.privacy.dwell import Dwell
from agent.privacy.histogram import Bin, Histogram
from agent.privacy.opening import Opener
from agent.privacy.spread import Median
from agent.privacy.window import Window
from tests.support.privacy import STAYS, counting_bytes, mac


def test_window_wiped_overwrites_its_keys_and_holds_nothing() -> None:
    crowd = Distinct(bound=10, random_bytes=counting_bytes())
    crowd.add(mac(1))
    key = crowd._key
    stay, kept = Dwell(random_bytes=counting_bytes()), Median()
    stay.add(mac(1), 0)
    kept.add(5)
    people = Histogram((0, 10, 20), k=5, random_bytes=counting_bytes())
    people.add(5, mac(1))
    window = Window(
        start_ms=0,
        partial=False,
        numbers={0: Last(), 2: kept},
        crowds={1: crowd},
        stays={3: stay},
        bins={4: Bin(people, 0), 5: Bin(people, 1)},
    )
    window.wipe()
    assert key is not None
    assert not any(key)
    assert held_bytes((crowd, stay, people)) == frozenset()
    assert kept._samples == []
    assert (window.numbers, window.crowds, window.stays, window.bins) == ({}, {}, {}, {})


def test_window_tells_each_column_from_what_it_was_opened_with() -> None:
    window = Opener(STAYS, counting_bytes()).window(0, partial=False)
    kinds = [type(window.told(column)).__name__ for column in range(5)]
    assert kinds == ["Dwell", "Distinct", "Bin", "Bin", "Count"]
    with pytest.raises(KeyError):
        window.told(5)


def test_window_shows_its_start_only() -> None:
    window = Window(start_ms=60, partial=False, numbers={}, crowds={}, outside=set())
    assert repr(window) == "<Window 60>"
