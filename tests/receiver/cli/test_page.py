import io
from typing import Any

import pytest
from rich.console import Console

from agent.wire.chain import RESERVED
from receiver.cli.page import render

NOW_MS = 1_790_000_000_000
Known = dict[str, Any]


def _stream(**changes: object) -> Known:
    latest = {
        "start_ms": NOW_MS - 150_000,
        "step_ms": 60_000,
        "boot": None,
        "values": {
            "temperature": {"value": "-7.3", "unit": "Cel", "quality": "ok"},
            "devices": {"value": None, "unit": "count", "quality": "suppressed"},
        },
    }
    plain: Known = {
        "unit": "corner",
        "stream": "air",
        "receipted_seqs": 12,
        "rows": 120,
        "latest": latest,
        "missing": None,
        "gaps": [],
        "undeclared_gaps": [],
        "forks": 0,
        "doubled": 0,
        "contradicting": 0,
        "set_aside": 0,
    }
    return plain | changes


def _page(*streams: Known, status: Known | None = None, rejected: list[Known] | None = None) -> str:
    text = io.StringIO()
    console = Console(file=text, width=250, markup=False, force_terminal=True, color_system=None)
    render({"streams": streams, "status": status or {}, "rejected": rejected or []}, now_ms=NOW_MS, console=console)
    return text.getvalue()


def test_page_shows_the_latest_values_with_their_age() -> None:
    words = " ".join(_page(_stream()).split())
    assert "corner air 12 120 90 s ago temperature -7.3 Cel devices (suppressed)" in words


def test_page_of_rows_without_a_date_does_not_invent_their_age() -> None:
    stream = _stream()
    stream["latest"]["boot"] = "00" * 16
    shown = _page(stream)
    assert "clock unset" in shown
    assert "ago" not in shown


@pytest.mark.parametrize("stream", sorted(RESERVED))
def test_page_leaves_out_the_chains_of_reserved_streams(stream: str) -> None:
    assert stream not in _page(_stream(stream=stream, latest=None))


def test_page_of_a_stream_without_rows_has_a_dash() -> None:
    assert "corner air 12 120 -" in " ".join(_page(_stream(latest=None)).split())


TROUBLES = [
    pytest.param({"gaps": [{"seq": 3, "reason": "evicted", "rows": 9}]}, "declared gap at seq 3: 9 rows evicted"),
    pytest.param(
        {"gaps": [{"seq": 3, "reason": "refused", "rows": 9, "start_ms": 0, "end_ms": 90_000, "windows": 9}]},
        "declared gap at seq 3: 9 rows refused, between 1970-01-01T00:00:00Z and 1970-01-01T00:01:30Z",
    ),
    pytest.param(
        {"gaps": [{"seq": 3, "reason": "thinned", "rows": 9, "start_ms": 0, "end_ms": 1 << 62, "windows": 9}]},
        "thinned, at seq 3: 9 rows fewer, merged into longer windows, between 1970-01-01T00:00:00Z and "
        "4611686018427387904 ms",
    ),
    pytest.param(
        {"gaps": [{"seq": 3, "reason": "damaged", "rows": 9, "ended": {"epoch": "65706f63682d3030", "last": 41}}]},
        "declared gap at seq 3: 9 rows damaged; epoch 65706f63682d3030 ended with this damage: the unit knows of "
        "seqs up to 41 there, may have given later ones, and gives no more",
    ),
    pytest.param({"undeclared_gaps": [[4, 6]]}, "undeclared gap: seq 4 to 6 never came"),
    pytest.param({"missing": [4, 6]}, "waiting for seq 4 to 6; asked the unit to send again"),
    pytest.param({"forks": 2}, "2 forks: two different envelopes for one place; was the unit's card cloned?"),
    pytest.param({"doubled": 3}, "3 rows had arrived before in other messages; exports have them once"),
    pytest.param({"contradicting": 2}, "2 of these say something else; was the unit's card cloned?"),
    pytest.param({"set_aside": 5}, "5 batches set aside until their declaration comes"),
]


@pytest.mark.parametrize(("changes", "said"), TROUBLES)
def test_page_tells_each_trouble_in_words(changes: Known, said: str) -> None:
    assert f"corner air: {said}" in _page(_stream(**changes))


@pytest.mark.parametrize(
    ("online", "said"), [(True, "corner: online, told 3 h ago"), (False, "corner: offline, told")]
)
def test_page_tells_whether_a_unit_is_there(online: bool, said: str) -> None:  # noqa: FBT001 - parametrised
    assert said in _page(
        status={"corner": {"online": online, "received_ms": NOW_MS - 3 * 3_600_000, "suspected": {}}}
    )


@pytest.mark.parametrize(
    ("known", "said"), [("hours", "less than a day"), ("days", "a day or longer"), ("weeks", "a week or longer")]
)
def test_page_tells_in_words_which_sensor_is_suspected(known: str, said: str) -> None:
    status = {"online": True, "received_ms": NOW_MS, "suspected": {"weather": known}}
    shown = _page(status={"corner": status})
    assert f"corner: sensor weather may be stuck on one value; the unit has suspected it for {said}" in shown


def test_page_shows_what_strangers_sent_without_obeying_it() -> None:
    hostile = {
        "count": 3,
        "last_ms": NOW_MS - 5000,
        "rule": "BadTopic",
        "reason": "not a topic of ours [/red]",
        "topic": "[bold]\x1b]0;owned\x07\x1b[2Jhere",
    }
    shown = _page(rejected=[hostile])
    assert "[/red]" in shown
    assert "[bold]" in shown
    assert "here" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown
