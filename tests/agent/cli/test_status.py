import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agent.cli import status_page
from agent.cli.main import main

Change = Callable[[dict[str, Any]], object]


def _known() -> dict[str, Any]:
    """Return the status of a unit on which everything works, written two seconds ago."""
    return {
        "unit": "corner-5th-main",
        "software": "lamppost 0.1.0",
        "uptime_s": int(time.monotonic()) - 2,
        "written_utc_ms": 0,
        "clock": {"quality": "synchronised", "error_ms": 3},
        "simulated": False,
        "readings": 1234,
        "sensors": {
            "weather": {"state": "ok", "readings": 1234, "failures": 0, "skipped": 0, "problem": None},
        },
        "streams": {
            "weather": {"rows_released": 20, "rows_withheld": 0, "groups_suppressed": 3, "late_readings": 1},
        },
        "suspended": {},
        "supervision": {"restarts": 0, "left_out": {}},
        "control": {"lost": "", "version": 0, "ordered": {}},
        "outbox": {
            "rows_waiting": 7,
            "sealed_rows_waiting": 5,
            "rows_receipted": 88,
            "rows_stored": 100,
            "rows_evicted": 0,
            "bytes_used": 3 << 20,
            "trouble": "",
        },
        "uplink": {
            "connected": True,
            "protocol": "5",
            "since_s": 61.5,
            "sent": 40,
            "resent": 2,
            "refused": 0,
            "problem": None,
        },
        "receipts": {"applied": 38, "refused": 0},
    }


def _write(folder: Path, known: dict[str, Any]) -> None:
    (folder / "status.json").write_text(json.dumps(known))


def _shown(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_status_of_a_unit_that_works_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path, _known())
    assert main(["status", "--runtime", str(tmp_path)]) == 0
    shown = _shown(capsys)
    assert "corner-5th-main lamppost 0.1.0 clock synchronised" in shown
    assert "✓ everything works" in shown
    assert "weather ok 1234 0 0" in shown
    assert "weather 20 0 3 1" in shown
    assert "buffer: 12 rows wait, 88 of 100 delivered, 0 evicted, 3.0 MiB" in shown
    assert "uplink: MQTT 5 for 62 s, 40 sent (2 again), 0 refused, 38 receipts" in shown


def test_status_of_a_unit_that_thinned_rows_says_how_many_are_fewer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = _known()
    _write(tmp_path, known | {"outbox": {**known["outbox"], "rows_thinned": 31}})
    assert main(["status", "--runtime", str(tmp_path)]) == 0
    assert "88 of 100 delivered, 0 evicted, 31 merged away, 3.0 MiB" in _shown(capsys)


def test_status_of_a_stream_that_is_held_on_order_says_so_and_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = _known()
    known["control"]["ordered"]["air"] = "held by order 2026-17 (privacy, version 4)"
    _write(tmp_path, known)
    assert main(["status", "--runtime", str(tmp_path)]) == 0
    assert "stream air is held by order 2026-17 (privacy, version 4)" in _shown(capsys)


def test_status_as_json_is_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = _known()
    _write(tmp_path, known)
    assert main(["status", "--json", "--runtime", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out) == known


def test_status_of_a_unit_that_has_restarted_itself_says_how_often_and_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = _known()
    known["supervision"]["restarts"] = 2
    _write(tmp_path, known)
    assert main(["status", "--runtime", str(tmp_path)]) == 0
    assert "restarted itself 2 times in 24 hours" in _shown(capsys)


TROUBLES: list[tuple[str, Change, str]] = [
    (
        "left-out",
        lambda known: known["supervision"]["left_out"].update(
            {"bus pole": "bus pole hangs; restarting has not helped"}
        ),
        "the unit works without this part: bus pole hangs; restarting has not helped",
    ),
    ("old", lambda known: known.update(uptime_s=known["uptime_s"] - 100), "s old: the agent hangs or has ended."),
    ("earlier-boot", lambda known: known.update(uptime_s=known["uptime_s"] + 10**6), "from before the last boot"),
    (
        "failing",
        lambda known: known["sensors"]["weather"].update(state="failing", problem="nobody answers"),
        "sensor weather is failing: nobody answers",
    ),
    (
        "suspicious",
        lambda known: known["sensors"]["weather"].update(suspicion="temperature has not moved"),
        "sensor weather is suspicious: temperature has not moved",
    ),
    (
        "starting",
        lambda known: known["sensors"]["weather"].update(state=None),
        "sensor weather is not answering yet: wait a moment",
    ),
    (
        "suspended",
        lambda known: known["suspended"].update(footfall="the count was wrong"),
        "stream footfall is suspended: the count was wrong",
    ),
    (
        "no-control",
        lambda known: known["control"].update(lost="neither file is whole"),
        "neither file is whole",
    ),
    (
        "away",
        lambda known: known["uplink"].update(connected=False, problem="mqtt.city: no route [Errno 113]"),
        "no connection to the broker: mqtt.city: no route [Errno 113]",
    ),
    ("connecting", lambda known: known["uplink"].update(connected=False), "no connection to the broker: connecting"),
    (
        "refused",
        lambda known: known["uplink"].update(problem="stream [air] is refused"),
        "uplink: stream [air] is refused",
    ),
    ("no-uplink", lambda known: known.update(uplink=None), "no connection to the broker: connecting"),
    ("full", lambda known: known["outbox"].update(trouble="full"), "the buffer cannot store: full"),
    (
        "unset",
        lambda known: known["clock"].update(quality="unset"),
        "the clock is not set: rows carry boot time until it is.",
    ),
]


@pytest.mark.parametrize(("change", "said"), [pytest.param(change, said, id=name) for name, change, said in TROUBLES])
def test_status_of_a_trouble_names_it_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Change, said: str
) -> None:
    known = _known()
    change(known)
    _write(tmp_path, known)
    assert main(["status", "--runtime", str(tmp_path)]) == 1
    shown = _shown(capsys)
    assert f"✗ {said}" in shown or said in shown
    assert "everything works" not in shown


def test_status_of_a_trouble_as_json_fails_as_well(tmp_path: Path) -> None:
    _write(tmp_path, _known() | {"suspended": {"air": "why"}})
    assert main(["status", "--json", "--runtime", str(tmp_path)]) == 1


def test_status_before_the_stages_have_reported_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path, _known() | {"uplink": None, "outbox": None, "sensors": {}, "streams": {}})
    assert main(["status", "--runtime", str(tmp_path)]) == 1
    assert "corner-5th-main" in capsys.readouterr().out


def test_status_of_simulated_sensors_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path, _known() | {"simulated": True})
    assert main(["status", "--runtime", str(tmp_path)]) == 0
    assert "SIMULATED SENSORS" in capsys.readouterr().out


@pytest.mark.parametrize("why", ["quiet hours until 06:00", "all its streams are suspended on order"])
def test_status_of_a_paused_sensor_says_why_and_is_no_trouble(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], why: str
) -> None:
    known = _known()
    known["sensors"]["weather"].update(state="paused", problem=why)
    _write(tmp_path, known)
    assert main(["status", "--runtime", str(tmp_path)]) == 0
    shown = _shown(capsys)
    assert "weather paused 1234 0 0" in shown
    assert f"sensor weather is paused: {why}" in shown


def test_status_without_an_agent_names_the_file_and_what_to_try(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--runtime", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path / 'status.json'}: cannot read the status: No such file or directory." in said
    assert "systemctl status lamppost" in said


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param('{"unit": "cor', id="half"),
        pytest.param("[]", id="list"),
        pytest.param("{}", id="bare"),
        pytest.param('{"uptime_s": 1, "sensors": {}}', id="other-version"),
        pytest.param('{"uptime_s": 1, "sensors": 3}', id="other-types"),
        pytest.param("[" * 200_000, id="too-deep"),
        pytest.param("\udcff", id="no-text"),
    ],
)
def test_status_of_a_file_that_is_none_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "status.json").write_bytes(text.encode(errors="surrogateescape"))
    assert main(["status", "--runtime", str(tmp_path)]) == 1
    assert "not a status that this version of Lamppost has written" in capsys.readouterr().err


def test_status_page_colours_the_verdict_only() -> None:
    text = io.StringIO()
    console = Console(file=text, width=200, force_terminal=True, color_system="standard", highlight=False)
    status_page.render(_known(), age_s=1, troubles=["[red]words[/red]"], console=console)
    assert "[red]words[/red]" in text.getvalue()


def test_status_of_a_sensor_that_sent_identifiers_says_so_and_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = _known()
    known["sensors"]["weather"]["trips"] = {"email": 3}
    _write(tmp_path, known)
    assert main(["status", "--runtime", str(tmp_path)]) == 0
    assert "sensor weather sent 3 frames with what looks like e-mail addresses; dropped" in _shown(capsys)


def test_status_of_alarms_says_what_is_not_over_and_what_the_city_was_not_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = _known()
    known["alarms"] = {
        "weather": {
            "heat": {"state": "raised", "told": "raised", "changes": 1, "fast_s": 90},
            "frost": {"state": "cleared", "told": "cleared", "changes": 2, "fast_s": 0},
            "storm": {"state": "cleared", "told": "raised", "changes": 8, "fast_s": 0},
        }
    }
    _write(tmp_path, known)
    assert main(["status", "--runtime", str(tmp_path)]) == 0
    shown = _shown(capsys)
    assert "alarm heat of stream weather is raised, faster for 90 s" in shown
    assert "alarm storm of stream weather is cleared; the city was last told that it is raised" in shown
    assert "frost" not in shown


def test_status_with_names_that_look_like_markup_and_states_of_another_type_is_shown_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = _known() | {"unit": "[/b]", "software": "[/i]"}
    known["sensors"]["[/x]"] = known["sensors"]["weather"] | {"state": 7}
    known["streams"]["[/y]"] = known["streams"]["weather"]
    _write(tmp_path, known)
    assert main(["status", "--runtime", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert all(text in out for text in ("[/b]", "[/i]", "[/x]", "[/y]", "sensor [/x] is 7"))
