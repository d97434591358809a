"""What a unit says about itself: signed to the city, in plain words to the people at the pole."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.clock import Instant, SystemClock
from agent.config import load
from agent.control.state import NAMES
from agent.discipline import SystemDiscipline
from agent.poller import SensorState
from agent.selftest import findings
from agent.sensors import make_pollers
from agent.service import Stages, build
from agent.surroundings import Surroundings
from agent.wire import cose, keyfile, payload
from agent.wire.messages import ClockQuality, Kind, Presence, Status, Suspected
from drivers.reading import Reading, Value
from tests.support.agent_process import FOOTFALL, WEATHER, Site


class Clock(SystemClock):
    """The machine's clock, synchronised or not as a test says."""

    def __init__(self) -> None:
        super().__init__(SystemDiscipline())
        self.unset = False

    def instant(self) -> Instant:
        now = super().instant()
        return replace(now, synchronised=False, error_ms=None) if self.unset else now


async def _built(site: Site) -> Stages:
    settings, key = load(site.config), keyfile.load_private(site.folder / "unit.key")
    around = Surroundings(clock=Clock(), environment={})
    return await build(settings, tested=findings(settings), key=key, around=around)


@pytest.fixture
async def stages(tmp_path: Path) -> AsyncIterator[Stages]:
    """A unit that does not run, with two sensors that are not plugged in."""
    site = Site(tmp_path, parts=(WEATHER, FOOTFALL))
    stages = await _built(site)
    stages.reporter.pollers = make_pollers(
        stages.settings, buses=stages.buses, clock=stages.clock, sink=stages.windows
    )
    yield stages
    await stages.close()


def _status(stages: Stages, *, online: bool = True, session: int = 1) -> Status:
    envelope = stages.reporter.status(online=online, session=session)
    status = payload.decode(Kind.STATUS, cose.verify(envelope, key=stages.key.public, kind=Kind.STATUS))
    assert isinstance(status, Status)
    return status


async def test_status_says_who_how_and_since_when(stages: Stages) -> None:
    stages.windows.on_state("weather", SensorState.FAILING)
    stages.reporter.stats = await stages.outbox.stats()
    status = _status(stages)

    assert (status.unit, status.presence) == ("corner", Presence.ONLINE)
    assert status.boot_id == stages.clock.boot_id
    assert status.sensors == {"weather": "failing"}
    assert (status.rows_waiting, status.suspended, status.simulated) == (0, {}, False)
    assert status.clock is ClockQuality.SYNCHRONISED
    assert status.utc_ms is not None


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (0, Suspected.HOURS),
        (23, Suspected.HOURS),
        (24, Suspected.DAYS),
        (167, Suspected.DAYS),
        (168, Suspected.WEEKS),
    ],
)
async def test_status_tells_a_suspicion_in_classes_of_time(stages: Stages, hours: int, told: Suspected) -> None:
    (weather,) = (poller for poller in stages.reporter.pollers if poller.sensor == "weather")
    weather.condition.suspected_mono_ns = stages.clock.mono_ns() - hours * 3600 * 10**9
    stages.windows.on_state("weather", SensorState.OK)
    assert _status(stages).suspected == {"weather": told}
    assert stages.reporter.suspected() == {"weather"}


@pytest.mark.parametrize("state", [state for state in SensorState if state is not SensorState.OK])
async def test_status_tells_no_suspicion_of_a_sensor_that_gives_no_readings(
    stages: Stages, state: SensorState
) -> None:
    for poller in stages.reporter.pollers:
        poller.condition.suspected_mono_ns = stages.clock.mono_ns()
        stages.windows.on_state(poller.sensor, state)
    assert _status(stages).suspected == {}
    assert stages.reporter.suspected() == frozenset()


def test_last_will_says_offline(stages: Stages) -> None:
    assert _status(stages, online=False).presence is Presence.OFFLINE


def test_status_without_a_clock_has_no_date(stages: Stages) -> None:
    assert isinstance(stages.clock, Clock)
    stages.clock.unset = True
    assert _status(stages).utc_ms is None


async def test_sessions_grow_from_process_to_process(tmp_path: Path) -> None:
    site = Site(tmp_path)
    sessions = []
    for _ in range(2):
        stages = await _built(site)
        sessions += [_status(stages, session=number).session for number in (1, 2, 1_000_000)]
        await stages.close()
    assert sessions == sorted(set(sessions))


async def test_snapshot_is_plain_and_says_nothing_that_was_measured(stages: Stages) -> None:
    address, number = b"\xaa\xbb\xcc\xdd\xee\xff", 123_456_789
    for sensor in ("weather", "scanner"):
        values: dict[str, Value] = {"temperature": number, "mac": address, "rssi": number}
        stages.windows.on_reading(sensor, Reading(mono_ns=stages.clock.mono_ns(), values=values))
    stages.reporter.stats = await stages.outbox.stats()
    text = json.dumps(stages.reporter.snapshot())

    for secret in (address.hex(), address.hex(":"), str(number), str(list(address))):
        assert secret not in text
    known = json.loads(text)
    assert known["readings"] == 2
    assert set(known["sensors"]) == {"weather", "scanner"}
    assert known["sensors"]["weather"] == {
        "state": None,
        "readings": 0,
        "failures": 0,
        "skipped": 0,
        "trips": {},
        "problem": None,
        "suspicion": None,
    }
    assert known["streams"]["footfall"]["identifiers_withheld"] == 1
    assert known["uplink"]["connected"] is False
    assert known["outbox"]["rows_stored"] == 0
    assert set(known["receipts"]) == {"applied", "duplicate", "resend", "unknown", "contradicted", "refused"}
    assert set(known["receipts"].values()) == {0}


def test_snapshot_before_anything_has_reported_is_whole(stages: Stages) -> None:
    stages.reporter.publisher = None
    known = stages.reporter.snapshot()
    assert known["outbox"] is None
    assert known["uplink"] is None


async def test_status_of_a_unit_without_control_state_says_so_of_every_stream(tmp_path: Path) -> None:
    site = Site(tmp_path, parts=(WEATHER, FOOTFALL))
    for name in NAMES:
        (site.folder / "store" / name).unlink()
    stages = await _built(site)
    assert _status(stages).suspended == dict.fromkeys(["weather", "footfall"], "control state lost")
    await stages.close()
