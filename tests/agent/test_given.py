import pytest

from agent.given import Given
from agent.privacy.released import Released
from tests.support.privacy import WEATHER, make_filter

BOOT, OTHER_BOOT = bytes(16), bytes(range(16))


def _row(start_ms: int, *, boot_id: bytes | None = None) -> Released:
    stream = make_filter(WEATHER)
    stream.begin(start_ms, boot_id=boot_id)
    (row,) = stream.advance(start_ms + WEATHER.window_ms)
    return row


def test_given_of_nothing_knows_nothing() -> None:
    given = Given(BOOT)
    assert given.last_ms("weather", None) is None


def test_given_remembers_the_last_window_of_each_clock() -> None:
    given = Given(BOOT)
    given.note([_row(120_000), _row(60_000), _row(600_000, boot_id=BOOT)])

    assert given.last_ms("weather", None) == 120_000
    assert given.last_ms("weather", BOOT) == 600_000
    assert given.last_ms("dust", None) is None


def test_given_restored_in_the_same_boot_knows_what_it_knew() -> None:
    given = Given(BOOT)
    given.note([_row(120_000), _row(600_000, boot_id=BOOT)])
    again = Given(BOOT, given.export())

    assert (again.last_ms("weather", None), again.last_ms("weather", BOOT)) == (120_000, 600_000)
    assert again.export() == given.export()


def test_given_restored_in_another_boot_forgets_that_boots_windows() -> None:
    given = Given(BOOT)
    given.note([_row(120_000), _row(600_000, boot_id=BOOT)])
    again = Given(OTHER_BOOT, given.export())

    assert again.last_ms("weather", None) == 120_000
    assert again.last_ms("weather", BOOT) is None
    assert BOOT.hex().encode() not in again.export()


def test_given_written_by_another_version_is_left_alone() -> None:
    assert Given(BOOT, b'{"version": 3, "starts": []}').last_ms("weather", None) is None


def test_given_written_by_the_first_version_has_everything_up_to_its_last_window() -> None:
    given = Given(BOOT, b'{"version":1,"starts":{"utc":{"weather":120000}}}')
    assert 60_000 in given.spans("weather", None)
    assert 180_000 not in given.spans("weather", None)
    assert Given(BOOT, given.export()).last_ms("weather", None) == 120_000


def test_given_after_a_clock_that_ran_ahead_does_not_hold_what_lies_between() -> None:
    given = Given(BOOT)
    years_ahead_ms = 60_000 * 60 * 24 * 365 * 70
    given.note([_row(120_000), _row(120_000 + years_ahead_ms), _row(180_000)])
    spans = Given(BOOT, given.export()).spans("weather", None)
    assert [start in spans for start in (120_000, 180_000, 240_000)] == [True, True, False]
    assert 120_000 + years_ahead_ms in spans


@pytest.mark.parametrize(
    "saved",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 9000,
        b"9" * 5000,
        b'{"version":2}',
        b'{"version":2,"spans":[]}',
        b'{"version":2,"spans":{"utc":{"weather":[[3,1]]}}}',
        b'{"version":2,"spans":{"utc":{"weather":[[5,6],[1,2]]}}}',
        b'{"version":2,"spans":{"utc":{"weather":[[5,6],[6,6]]}}}',
        b'{"version":2,"spans":{"utc":{"weather":[[5,true]]}}}',
        b'{"version":2,"spans":{"utc":{"weather":[[5]]}}}',
        b'{"version":2,"spans":{"utc":{"weather":[[1,2],[3,4],[5,6],[7,8],[9,9],[10,10],[11,11],[12,12],[13,13]]}}}',
        b'{"version":1,"starts":{"utc":{"weather":"x"}}}',
    ],
)
def test_given_of_damaged_bytes_knows_nothing_and_tells_so(saved: bytes, caplog: pytest.LogCaptureFixture) -> None:
    given = Given(BOOT, saved)
    assert given.last_ms("weather", None) is None
    (told,) = caplog.messages
    assert "given out" in told
    given.note([_row(120_000)])
    assert Given(BOOT, given.export()).last_ms("weather", None) == 120_000
