"""The demonstration's parts, and the whole of it once, as processes."""

import argparse
import asyncio
import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import tomli
from rich.console import Console

from agent.cli import main as command
from agent.cli.demo import configure
from agent.cli.demo.broker import MOSQUITTO, Program, find
from agent.cli.demo.children import Children
from agent.cli.demo.declared import read
from agent.cli.demo.errors import ChildDied, DemoError
from agent.cli.demo.outcome import Plan, complaints
from agent.cli.demo.progress import Snapshot, StoredRows
from agent.cli.demo.proxy import CountingProxy
from agent.cli.demo.scene import Scene, prepare, write_files
from agent.cli.demo.view import PlainView, picture, summary_line
from agent.config import examine
from receiver.settings import load

DEADLINE_S = 20.0
WORKING = Snapshot(
    elapsed_s=23.4,
    seconds=60,
    unit={
        "readings": 1412,
        "sensors": {"weather": {"state": "ok"}, "air": {"state": None}, "dust": {"state": "failing"}},
        "streams": {"footfall": {"identifiers_withheld": 310, "groups_suppressed": 2}},
        "outbox": {"rows_waiting": 5, "sealed_rows_waiting": 10},
        "uplink": {"connected": True, "protocol": "5"},
    },
    stored=60,
    sent=9204,
    broker=True,
    city={
        "streams": [
            {
                "stream": "dust",
                "envelopes": 6,
                "rows": 45,
                "gaps": [],
                "undeclared_gaps": [],
                "missing": None,
                "forks": 0,
                "doubled": 0,
                "contradicting": 0,
            },
            {"stream": "_declaration", "envelopes": 1, "rows": 0},
        ],
        "rejected": [],
    },
    now="all is well",
)


async def eventually(condition: Callable[[], bool]) -> None:
    """Return when it holds; a process tells nobody else of what it does."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    made = prepare(tmp_path / 'a "corner"')
    write_files(made, unit_port=20001, broker_port=20002, mqtt5=False)
    return made


def test_unit_file_passes_the_checker_without_a_warning(scene: Scene) -> None:
    outcome = examine(scene.unit_file)
    assert outcome.report.text() == ""
    assert outcome.settings is not None
    assert [plan.name for plan in outcome.settings.streams] == ["weather", "air", "dust", "position", "footfall"]
    assert Path(outcome.settings.buses["pole"].path) == scene.folder / "i2c-1"


def test_unit_file_is_understood_by_the_comparison_as_by_the_checker(scene: Scene) -> None:
    settings = examine(scene.unit_file).settings
    assert settings is not None
    declared = read(scene.unit_file)
    for plan, stream in zip(settings.streams, declared, strict=True):
        assert (stream.name, stream.window_ms, stream.k) == (
            plan.spec.name,
            plan.spec.window_ms,
            plan.spec.suppress_below,
        )
        for channel, column in zip(plan.spec.channels, stream.columns, strict=True):
            assert (column.name, column.source, column.rule) == (
                channel.name,
                channel.source.name,
                channel.rule.value,
            )
            assert column.step.scaleb(-channel.exponent) == channel.resolution
            assert column.grid_m == channel.grid_m


def test_receiver_files_are_right_and_name_the_unit(scene: Scene) -> None:
    settings = load(scene.receiver_file)
    assert (settings.broker.port, settings.broker.mqtt5, settings.store) == (20002, False, scene.receiver_store)
    (device,) = settings.devices.values()
    assert device.simulated
    unit = examine(scene.unit_file).settings
    assert unit is not None
    assert device.unit == unit.unit.id


def test_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(DemoError, match="expected a new or an empty folder"):
        prepare(tmp_path)


def test_keys_are_readable_by_their_owner_only(scene: Scene) -> None:
    assert scene.folder.stat().st_mode & 0o077 == 0
    assert {(scene.folder / name).stat().st_mode & 0o777 for name in ("unit.key", "receiver.key")} == {0o400}


async def test_child_that_ends_by_itself_is_reported_with_its_last_lines(tmp_path: Path) -> None:
    async with Children(tmp_path) as children:
        child = await children.start("sensors", [sys.executable, "-c", "print('lost my way'); raise SystemExit(3)"])
        await eventually(lambda: child.code is not None)
        with pytest.raises(ChildDied, match=r"(?s)sensors: .* exit code 3\..*lost my way"):
            children.check()


async def test_children_are_stopped_when_the_demonstration_is_interrupted(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)"
    stubborn = f"{deaf}; time.sleep(99)"
    children = Children(tmp_path)
    begun = asyncio.Event()

    async def demonstrate() -> None:
        async with children:
            await children.start("willing", [sys.executable, "-c", "import time; time.sleep(99)"])
            child = await children.start("stubborn", [sys.executable, "-c", stubborn])
            await eventually(lambda: bool(child.last_lines()))
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(demonstrate())
    async with asyncio.timeout(DEADLINE_S):
        await begun.wait()
        task.cancel()  # stops them
        await asyncio.sleep(0)
        task.cancel()  # and kills what does not want to stop
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(lambda: all(child.code is not None for child in children.started))


async def test_child_that_was_told_to_stop_is_not_reported(tmp_path: Path) -> None:
    async with Children(tmp_path) as children:
        child = await children.start("unit", [sys.executable, "-c", "import time; time.sleep(99)"])
        assert await child.stop() != 0
        children.check()


async def test_stored_rows_are_taken_in_whatever_portions_they_come() -> None:
    stored = StoredRows()
    writing = os.dup(stored.writing)
    stored.begin()
    try:
        for portion in (b"dust 1 1800000000000\nfoo", b"tfall 2 18000000", b"05000\n"):
            os.write(writing, portion)
            stored.take()
        stored.take()
        assert stored.rows == [("dust", 1_800_000_000_000), ("footfall", 1_800_000_005_000)]
    finally:
        os.close(writing)
        stored.close()


@asynccontextmanager
async def echo_server() -> AsyncIterator[int]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data + data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_proxy_counts_the_bytes_of_both_directions() -> None:
    proxy = CountingProxy()
    async with echo_server() as port, asyncio.timeout(DEADLINE_S):
        await proxy.open(broker_port=port)
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"lamp")
        assert await reader.readexactly(8) == b"lamplamp"
        writer.close()
        await proxy.shut()
    assert (proxy.sent, proxy.returned, proxy.connections) == (4, 8, 1)


async def test_proxy_that_is_shut_cuts_and_refuses_and_opens_where_it_was() -> None:
    proxy = CountingProxy()
    async with echo_server() as port, asyncio.timeout(DEADLINE_S):
        await proxy.open(broker_port=port)
        before = proxy.port
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"lamp")
        await reader.readexactly(8)
        await proxy.shut()
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read(1) == b""
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", before)
        await proxy.open(broker_port=port)
        assert proxy.port == before
        await proxy.shut()


def test_broker_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(DemoError, match="sudo apt install mosquitto"):
        find(MOSQUITTO)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(DemoError, match=r"pip install 'lamppost\[demo\]'"):
        find("auto")


def test_outage_is_in_the_middle_and_never_shorter_than_5_s() -> None:
    def plan(seconds: float) -> Plan:
        return Plan(seconds=seconds, broker=Program("amqtt"), seed=1)

    assert plan(60).outage == (24, 36)
    assert plan(15).outage == (6, 11)


def test_complaints_are_everything_but_news_and_the_broker(tmp_path: Path) -> None:
    log = tmp_path / "unit.log"
    log.write_text(
        "INFO agent.poller: sensor dust: ok\nWARNING agent.publisher: the connection was cut\n"
        "WARNING agent.poller: sensor dust: failing\nTraceback (most recent call last):\n"
    )
    assert complaints(log) == [
        "WARNING agent.poller: sensor dust: failing",
        "Traceback (most recent call last):",
    ]


def drawn(snapshot: Snapshot, *, fancy: bool = True) -> str:
    console = Console(file=io.StringIO(), width=80, record=True, color_system=None)
    console.print(picture(snapshot, fancy=fancy))
    return console.export_text()


def test_picture_has_a_line_for_each_stage_and_fits_a_small_terminal() -> None:
    text = drawn(WORKING)
    stages = re.findall(r"^  (\w+) ", text, re.MULTILINE)
    assert stages == ["sensors", "filter", "outbox", "publisher", "broker", "receiver"]
    for part in (
        "0:23 of 1:00",
        "1,412 readings",
        "weather ✓",
        "air …",
        "dust failing",
        "15 rows wait",
        "9,204 bytes",
    ):
        assert part in text
    assert "Now: all is well" in text


def test_picture_shows_a_broker_that_is_down_and_an_uplink_that_is_not_connected() -> None:
    text = drawn(replace(WORKING, broker=False))
    assert "down" in text
    assert "not connected" in text


def test_picture_for_a_terminal_without_unicode_is_ascii() -> None:
    assert drawn(WORKING, fancy=False).isascii()


def test_picture_before_anything_is_known_can_be_drawn() -> None:
    assert "starting" in drawn(Snapshot(elapsed_s=0, seconds=60))


def test_plain_view_prints_news_at_once_and_everything_else_every_5_s() -> None:
    out = io.StringIO()
    with PlainView(Console(file=out, width=80)) as view:
        for elapsed_s, now in (
            (0.0, "begun"),
            (0.25, "begun"),
            (1.0, "rows waiting: 5"),
            (1.2, "rows waiting: 10"),
            (6.1, "rows waiting: 10"),
        ):
            view.show(replace(WORKING, elapsed_s=elapsed_s, now=now))
    assert [line.partition("  ")[0] for line in out.getvalue().splitlines()] == ["0:00", "0:01", "0:06"]
    assert summary_line(WORKING).startswith("0:23  readings 1412, released 60, waiting 15, sent 9,204 bytes")


@pytest.mark.parametrize("seconds", ["14", "86401", "soon"])
def test_demo_of_another_length_is_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(["demo", "--seconds", seconds])
    assert end.value.code == 2
    assert "--seconds" in capsys.readouterr().err


def test_every_option_says_what_it_does() -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    assert all(action.help for action in parser._actions)


def test_wheel_takes_the_recordings_that_the_corner_plays() -> None:
    root = Path(__file__).parents[3]
    build = tomli.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    files = {target: root / source for source, target in build["force-include"].items() if (root / source).is_file()}
    played = set(re.findall(r'recordings / "([^"]+)"', (root / "drivers/sim/corner.py").read_text()))
    assert played
    assert played < {Path(target).name for target in files}
    assert {str(Path(target).parent) for target in files} == {"drivers/sim/recordings"}


def demonstrate(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the demonstration as a process."""
    return subprocess.run(
        [sys.executable, "-m", "agent", "demo", "--seconds", "15", "--plain", *options],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.mark.parametrize(
    ("broker", "protocol"), [pytest.param("mosquitto", "5", marks=pytest.mark.broker), ("amqtt", "3.1.1")]
)
def test_demo_brings_to_the_city_what_the_sensors_showed(tmp_path: Path, broker: str, protocol: str) -> None:
    folder = tmp_path / "kept"
    done = demonstrate("--broker", broker, "--keep", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    digests = re.findall(r"^ +(?:expected|received)  ([0-9a-f]{64})$", done.stdout, re.MULTILINE)
    assert len(digests) == 2
    assert len(set(digests)) == 1
    assert "the broker is down" in done.stdout
    assert (folder / "logs" / "unit.log").read_text().count(f"connected with MQTT {protocol}") == 2
