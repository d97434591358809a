from agent.privacy.aggregate import Last
from agent.privacy.distinct import Distinct
from agent.privacy.window import Window
from tests.support.privacy import counting_bytes, mac


def test_window_wiped_overwrites_its_keys_and_holds_nothing() -> None:
    crowd = Distinct(bound=10, random_bytes=counting_bytes())
    crowd.add(mac(1))
    key = crowd._key
    window = Window(start_ms=0, partial=False, numbers={0: Last()}, crowds={1: crowd}, outside=set())
    window.wipe()
    assert key is not None
    assert not any(key)
    assert (window.numbers, window.crowds) == ({}, {})


def test_window_shows_its_start_only() -> None:
    window = Window(start_ms=60, partial=False, numbers={}, crowds={}, outside=set())
    assert repr(window) == "<Window 60>"
