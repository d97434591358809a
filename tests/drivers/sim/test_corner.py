"""The street corner: nodes, and a log in words that a person can read."""

import io
import json
import math
import threading
import time
from pathlib import Path

import pytest

from drivers.sim import corner
from drivers.sim.corner import NODES, Corner, Log


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


def entries(written: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_corner_makes_its_nodes_and_takes_them_away(tmp_path: Path, written: io.StringIO) -> None:
    place = Corner(tmp_path, Log(written), seed=1)
    assert all((tmp_path / name).exists() for name in NODES)
    place.close()
    assert list(tmp_path.iterdir()) == []


def test_second_logs_what_the_serial_sensors_sent_in_units_of_the_quantity(
    tmp_path: Path, written: io.StringIO
) -> None:
    place = Corner(tmp_path, Log(written), seed=1)
    place.second()
    place.close()
    dust, gnss, *scanner = entries(written)
    assert dust["sensor"] == "dust"
    assert dict(dust["values"])["pm2_5"] == "8"  # type: ignore[call-overload]  # JSON has no types
    assert {"latitude": "-37.7847883", "altitude": "59.9", "hdop": "1.10"}.items() <= gnss["values"].items()  # type: ignore[attr-defined]  # as above
    assert scanner
    assert {entry["sensor"] for entry in scanner} == {"scanner"}


def test_chips_are_logged_when_they_are_read_and_only_then(written: io.StringIO) -> None:
    Log(written).sample("weather", {"temperature": 1731, "humidity": None, "pressure": 998713})
    Log(written).sample("air", {"co2": 455, "temperature": -5, "humidity": 5800})
    assert [entry["values"] for entry in entries(written)] == [
        {"temperature": "17.31", "humidity": None, "pressure": "99871.3"},
        {"co2": "455", "temperature": "-0.05", "humidity": "58.00"},
    ]


def test_street_is_full_and_empty_in_turn_and_follows_from_the_seed(tmp_path: Path) -> None:
    def street(seed: int) -> list[int]:
        written = io.StringIO()
        place = Corner(tmp_path, Log(written), seed=seed)
        seen: list[int] = []
        for _ in range(60):
            before = written.getvalue().count('"scanner"')
            place.second()
            for line in place._lines.values():
                line.unplug()  # nobody reads here
            seen.append(written.getvalue().count('"scanner"') - before)
        place.close()
        return seen

    one = street(1)
    assert one == street(1) != street(2)
    assert max(one) >= 8
    assert min(one) <= 1


def test_run_shows_something_in_the_middle_of_each_second(tmp_path: Path) -> None:
    stop, log = threading.Event(), tmp_path / "log"
    running = threading.Thread(target=corner.run, args=(tmp_path,), kwargs={"log": log, "seed": 1, "stop": stop})
    running.start()
    deadline_s = time.monotonic() + 20
    while time.monotonic() < deadline_s and not (log.exists() and log.read_text().count('"dust"') >= 2):
        stop.wait(0.05)
    stop.set()
    running.join(20)
    assert not running.is_alive()
    shown = [json.loads(line) for line in log.read_text().splitlines()]
    seconds = [entry["utc_ns"] / 1e9 for entry in shown if entry["sensor"] == "dust"]
    assert len({math.floor(second) for second in seconds}) == len(seconds) >= 2
    assert all(second % 1 >= 0.5 for second in seconds)
