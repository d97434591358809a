"""What is sent next, again, or not yet."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.buffer.records import Lane, Outgoing
from agent.uplink.problems import NO_SUBSCRIBERS
from agent.uplink.settings import Delivery, Timing
from agent.uplink.window import Window
from tests.support.uplink import NS, settings_for

TIMING = Timing(receipt_s=60, receipt_max_s=3600, refusal_s=5, refusal_max_s=300)


def _window(**changes: object) -> Window:
    window = Window(settings_for(1, timing=TIMING, **changes))
    window.begin_session(0, receive_maximum=65_535)
    return window


def _row(row_id: int, *, lane: Lane = Lane.LIVE, stream: str = "air") -> Outgoing:
    return Outgoing(row_id=row_id, stream=stream, epoch=b"epoch678", seq=row_id, lane=lane, data=b"x")


def _send_all(window: Window, rows: list[Outgoing], now_ns: int = 0) -> list[int]:
    sent = []
    for row in window.choose(rows, now_ns):
        window.sent(row, mid=row.row_id, now_ns=now_ns)
        sent.append(row.row_id)
    return sent


def test_window_when_full_chooses_nothing_more_until_a_puback() -> None:
    window = _window(in_flight=2)
    rows = [_row(number) for number in range(1, 5)]
    assert _send_all(window, rows) == [1, 2]
    assert _send_all(window, rows) == []
    window.acknowledged(1, 0, now_ns=0)
    assert _send_all(window, rows) == [3]


def test_window_with_a_broker_that_takes_less_keeps_one_place_for_the_status() -> None:
    window = _window()
    window.begin_session(0, receive_maximum=4)
    assert _send_all(window, [_row(number) for number in range(1, 9)]) == [1, 2, 3]


def test_window_with_a_stuck_backlog_still_admits_live_and_control() -> None:
    window = _window(in_flight=100, ahead=64)
    backlog = [_row(number, lane=Lane.BACKLOG) for number in range(1, 101)]
    assert len(_send_all(window, backlog)) == 48
    assert len(_send_all(window, [_row(number) for number in range(201, 301)])) == 12
    assert len(_send_all(window, [_row(number, lane=Lane.CONTROL) for number in range(401, 501)])) == 4


def test_window_without_a_receipt_sends_again_later_each_time() -> None:
    window = _window()
    rows = [_row(1)]
    now_ns, waits = 0, []
    for _ in range(9):
        assert _send_all(window, rows, now_ns) == [1]
        window.acknowledged(1, 0, now_ns=now_ns)
        due_ns = window.next_due_ns(now_ns)
        assert due_ns is not None
        waits.append((due_ns - now_ns) // NS)
        assert _send_all(window, rows, due_ns - 1) == []
        now_ns = due_ns
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert window.resent == 8


def test_window_with_nobody_subscribed_sends_again_soon_and_later_each_time() -> None:
    window = _window()
    rows = [_row(1)]
    now_ns = 0
    for wait_s in (5, 10, 20, 40, 80):
        assert _send_all(window, rows, now_ns) == [1]
        window.acknowledged(1, NO_SUBSCRIBERS, now_ns=now_ns)
        assert _send_all(window, rows, now_ns + wait_s * NS - 1) == []
        now_ns += wait_s * NS


def test_window_when_a_receipt_comes_brings_the_others_forward() -> None:
    window = _window()
    rows = [_row(1), _row(2)]
    now_ns = 0
    for _ in range(5):
        _send_all(window, rows, now_ns)
        for mid in (1, 2):
            window.acknowledged(mid, 0, now_ns=now_ns)
        now_ns = window.next_due_ns(now_ns) or 0
    _send_all(window, rows, now_ns)
    for mid in (1, 2):
        window.acknowledged(mid, 0, now_ns=now_ns)
    assert (window.next_due_ns(now_ns) or 0) - now_ns == 1920 * NS
    assert window.reconcile([rows[1]], complete=True, now_ns=now_ns) == 1
    assert (window.next_due_ns(now_ns) or 0) - now_ns == 60 * NS


def test_window_in_a_new_session_holds_everything_ahead_due() -> None:
    window = _window()
    _send_all(window, [_row(1), _row(2)])
    window.acknowledged(1, 0, now_ns=0)
    window.begin_session(NS, receive_maximum=65_535)
    assert window.in_flight == 0
    assert _send_all(window, [_row(1), _row(2)], NS) == [1, 2]


def test_window_counts_no_try_that_the_end_of_its_session_cut_short() -> None:
    """With a broker that ends the receiver is away too, and comes back later: what it missed must not wait longer."""
    window, rows = _window(), [_row(1), _row(2)]
    for now_s in (0, 30, 60):
        window.begin_session(now_s * NS, receive_maximum=65_535)
        assert _send_all(window, rows, now_s * NS) == [1, 2]
        window.acknowledged(1, 0, now_ns=now_s * NS)
    window.acknowledged(2, 0, now_ns=60 * NS)
    assert _send_all(window, rows, 120 * NS - 1) == []
    assert _send_all(window, rows, 120 * NS) == [1, 2]


def test_window_in_many_sessions_without_a_receipt_waits_ever_longer() -> None:
    window, rows, sent = _window(), [_row(1)], []
    for session in range(9):
        for now_s in range(session * 300, session * 300 + 300):
            if now_s % 300 == 0:
                window.begin_session(now_s * NS, receive_maximum=65_535)
            if _send_all(window, rows, now_s * NS):
                window.acknowledged(1, 0, now_ns=now_s * NS)
                sent.append(now_s)
    assert [now_s % 300 for now_s in sent] == [0, 60, 180, 0, 240, *[0] * 7]


@pytest.mark.parametrize("code", [0x80, 0x87, 0x97], ids=hex)
def test_window_with_a_refusal_holds_the_stream_back_and_no_other(code: int) -> None:
    window = _window(in_flight=1)
    _send_all(window, [_row(1)])
    result = window.acknowledged(1, code, now_ns=0)
    assert result is not None
    assert result.refused
    assert not result.delivered
    assert window.blocked == ("air",)
    assert window.next_due_ns(0) == 5 * NS
    assert _send_all(window, [_row(1), _row(2, stream="noise")], 5 * NS - 1) == [2]


def test_window_with_repeated_refusals_waits_longer_and_an_acceptance_ends_it() -> None:
    window = _window()
    now_ns, waits = 0, []
    for _ in range(8):
        assert _send_all(window, [_row(1)], now_ns) == [1]
        window.acknowledged(1, 0x87, now_ns=now_ns)
        due_ns = window.next_due_ns(now_ns) or 0
        waits.append((due_ns - now_ns) // NS)
        now_ns = due_ns
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    _send_all(window, [_row(1)], now_ns)
    window.acknowledged(1, 0, now_ns=now_ns)
    assert window.blocked == ()


def test_window_with_several_refusals_of_one_flight_counts_them_as_one() -> None:
    window = _window()
    _send_all(window, [_row(1), _row(2), _row(3)])
    for mid in (1, 2, 3):
        window.acknowledged(mid, 0x87, now_ns=0)
    assert window.next_due_ns(0) == 5 * NS


@pytest.mark.parametrize(
    ("delivery", "code", "refused", "delivered"),
    [
        (Delivery.RECEIPT, 0x00, False, False),
        (Delivery.RECEIPT, 0x10, False, False),
        (Delivery.RECEIPT, 0x87, True, False),
        (Delivery.BROKER, 0x00, False, True),
        (Delivery.BROKER, 0x10, True, False),
        (Delivery.BROKER, 0x87, True, False),
    ],
)
def test_window_judges_a_puback_by_the_delivery(
    *, delivery: Delivery, code: int, refused: bool, delivered: bool
) -> None:
    window = _window(delivery=delivery)
    _send_all(window, [_row(1)])
    result = window.acknowledged(1, code, now_ns=0)
    assert result is not None
    assert (result.refused, result.delivered) == (refused, delivered)


def test_window_with_a_puback_for_something_else_ignores_it() -> None:
    assert _window().acknowledged(77, 0, now_ns=0) is None


def test_window_with_a_receipt_before_the_puback_keeps_the_place_in_flight() -> None:
    window = _window()
    _send_all(window, [_row(1)])
    window.reconcile([], complete=True, now_ns=0)
    assert (window.ahead, window.in_flight) == (0, 1)
    assert window.acknowledged(1, 0, now_ns=0) is None
    assert window.in_flight == 0


def test_window_with_an_incomplete_look_forgets_only_what_is_surely_gone() -> None:
    window = _window()
    _send_all(window, [_row(1), _row(2), _row(9, lane=Lane.BACKLOG)])
    for mid in (1, 2, 9):
        window.acknowledged(mid, 0, now_ns=0)
    assert window.reconcile([_row(2), _row(3)], complete=False, now_ns=0) == 1
    assert window.ahead == 2


@given(
    st.lists(
        st.tuples(st.integers(1, 12), st.sampled_from(["send", "ack", "refuse", "receipt", "session"])), max_size=60
    )
)
@settings(max_examples=150, deadline=None)
def test_window_under_any_history_never_has_one_row_in_flight_twice(history: list[tuple[int, str]]) -> None:
    """Whatever happens, in flight stays within the capacity and no packet id or row is in flight twice."""
    window = Window(replace(settings_for(1), in_flight=4, ahead=8))
    window.begin_session(0, receive_maximum=65_535)
    held = {number: _row(number, stream=f"s{number % 3}") for number in range(1, 13)}
    flying: dict[int, int] = {}
    mid = 0
    for now_ns, (number, what) in enumerate(history):
        if what == "send":
            for row in window.choose(list(held.values()), now_ns):
                mid += 1
                assert row.row_id not in flying.values()
                window.sent(row, mid=mid, now_ns=now_ns)
                flying[mid] = row.row_id
        elif what == "session":
            window.begin_session(now_ns, receive_maximum=65_535)
            flying.clear()
        elif what == "receipt":
            held.pop(number, None)
            window.reconcile(list(held.values()), complete=True, now_ns=now_ns)
        elif flying:
            first = next(iter(flying))
            window.acknowledged(first, 0 if what == "ack" else 0x87, now_ns=now_ns)
            del flying[first]
        assert window.in_flight == len(flying) <= 4
        assert window.ahead <= 8


def test_the_highest_seq_sent_is_known_for_each_stream_and_epoch() -> None:
    window = _window()
    for row_id in (3, 2):
        window.sent(_row(row_id), mid=row_id, now_ns=0)
    assert window.last_seqs == {("air", b"epoch678"): 3}
