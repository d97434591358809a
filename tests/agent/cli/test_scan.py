"""`lamppost scan` as its users see it: the command as a process, on simulated buses."""

import contextlib
import grp
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import tomli

from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.captures import read_lines
from drivers.sim.chip import SimulatedChip
from drivers.sim.gnss import ReplayedGnss
from drivers.sim.line import SimulatedLine
from drivers.sim.tca9548a import Tca9548aChip
from tests.support.agent_process import ROOT, Site
from tests.support.broker import find_program
from tests.support.scanning import known

MAC = "AA:BB:CC:12:34:56"
TWELVE = {
    0: ("bme280", "tmp117", "scd4x"),
    1: ("bmp280", "sht3x", "lis3dh"),
    4: ("bme680", "mcp9808"),
    6: ("ms5837", "ds3231", "mlx90614"),
    7: ("scd30",),
}
"""The model of each of twelve chips, by the channel that it is behind."""


class Street:
    """A folder with the nodes of a machine, and what the command says of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.by_id = folder / "dev" / "serial" / "by-id"
        self.by_id.mkdir(parents=True)
        self.i2c = folder / "dev" / "i2c-1"

    def serve(self, chips: dict[int, SimulatedChip]) -> SimulatedAdapter:
        return SimulatedAdapter(chips).serve(self.i2c)

    def run(self, *arguments: str, before: Sequence[str] = (), **more: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 - as subprocess has it
        nodes = ["--dev", str(self.folder / "dev"), "--sys", str(self.folder / "sys")]
        rest = ["--runtime", str(self.folder / "run"), "--file", str(self.folder / "unit.toml"), "--listen", "0.6"]
        command = [*before, sys.executable, "-m", "agent", "scan", *nodes, *rest, *arguments]
        given: dict[str, Any] = {"env": os.environ | {"COLUMNS": "160"}, "timeout": 60, "input": ""} | more
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **given)

    def found(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        done = self.run("--json", *arguments)
        assert done.returncode == code, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture
def street(tmp_path: Path) -> Street:
    return Street(tmp_path)


@contextlib.contextmanager
def speaking(link: Path, say: Callable[[], bytes]) -> Iterator[SimulatedLine]:
    """Send something ten times a second on a simulated line; yield the line."""
    over = threading.Event()
    with SimulatedLine(link) as line:

        def speak() -> None:
            while not over.wait(0.1):
                line.send(say(), timeout_s=0)

        speaker = threading.Thread(target=speak)
        speaker.start()
        try:
            yield line
        finally:
            over.set()
            speaker.join()


def _twelve() -> Tca9548aChip:
    return Tca9548aChip(
        {
            channel: {known(model).address: known(model).make() for model in models}
            for channel, models in TWELVE.items()
        }
    )


def _check(street: Street, toml: str) -> subprocess.CompletedProcess[str]:
    """Return what `lamppost check` says of a unit with these sections."""
    folder = street.folder / "unit"
    folder.mkdir()
    site = Site(folder)
    site.config.write_text(f"{site.config.read_text()}\n{toml}")
    command = [sys.executable, "-m", "agent", "check", str(site.config)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


# -- I2C


def test_scan_of_twelve_chips_behind_a_multiplexer_names_each_and_its_toml_passes_the_checker(street: Street) -> None:
    mux = _twelve()
    with street.serve({0x70: mux}):
        done = street.run("--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    (adapter,) = found["adapters"]
    seen = {
        (bus["way"][0]["channel"], chip["matches"][0]["model"]): chip["matches"][0]["certainty"]
        for bus in adapter["buses"]
        if bus["way"]
        for chip in bus["chips"]
    }
    assert set(seen) == {(channel, model) for channel, models in TWELVE.items() for model in models}
    assert len(seen) == 12
    assert {model for (_, model), certainty in seen.items() if certainty != "certain"} == {"ds3231"}
    assert mux.read(1) == b"\x00"

    pasted = tomli.loads(found["toml"])
    assert {sensor["model"] for sensor in pasted["sensor"].values()} == {
        model for models in TWELVE.values() for model in models
    }
    assert len(pasted["bus"]) == 1 + len(TWELVE)
    checked = _check(street, found["toml"])
    assert checked.returncode == 0, checked.stdout
    assert "13 sensors" in checked.stdout


def test_scan_as_text_says_what_it_sends_before_and_what_to_paste_after(street: Street) -> None:
    with street.serve({0x76: known("bme280").make(), 0x3C: known("bh1750").make()}):
        done = street.run("--i2c", str(street.i2c))
    assert done.returncode == 0
    assert f"{street.i2c} 0x76: sends d0" in done.stderr
    assert "--quiet sends nothing" in done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "0x76 bme280 (certain: its identification)" in lines
    assert "0x3c answers, and is not known" in lines
    assert '[sensor.bme280]\nmodel = "bme280"\nbus = "i2c-1"\naddress = 0x76\n' in done.stdout


def test_scan_that_is_quiet_sends_nothing_and_pastes_nothing_that_is_in_force(street: Street) -> None:
    with street.serve({0x76: known("bme280").make(), 0x38: known("aht20").make()}):
        done = street.run("--json", "--quiet")
    assert "sends" not in done.stderr
    pasted = tomli.loads(json.loads(done.stdout)["toml"])
    assert [sensor["model"] for sensor in pasted["sensor"].values()] == ["aht20"]


@pytest.mark.parametrize(
    ("answers", "certainty"), [("y\n" * 20, "certain"), ("n\n" * 20, "possible"), ("", "possible")]
)
def test_scan_that_asks_sends_only_what_is_agreed_to(answers: str, certainty: str, street: Street) -> None:
    with street.serve({0x62: known("scd4x").make()}):
        done = street.run("--json", "--ask", input=answers)
    assert "0x62: send e4 b8? [y/N]" in done.stderr
    (chip,) = json.loads(done.stdout)["adapters"][0]["buses"][0]["chips"]
    assert chip["matches"][0]["certainty"] == certainty


def test_scan_of_an_empty_bus_says_that_nobody_answers(street: Street) -> None:
    with street.serve({}):
        done = street.run()
    assert done.returncode == 0
    assert "nobody answers: check power, wiring and pull-up resistors" in done.stdout
    assert "Nothing was recognised." in done.stdout
    assert "there is no serial adapter" in done.stdout


def test_scan_of_a_machine_without_buses_says_how_to_switch_them_on(street: Street) -> None:
    found = street.found()
    assert [text.partition(":")[0] for text in found["warnings"]] == [
        "there is no I2C adapter",
        "there is no serial adapter",
    ]


def test_scan_of_a_hanging_bus_ends_in_bounded_time(street: Street) -> None:
    with street.serve({0x76: known("bme280").make()}) as adapter:
        adapter.faults.hang()
        before = time.monotonic()
        found = street.found(code=1)
    assert time.monotonic() - before < 30
    assert "held low" in found["adapters"][0]["buses"][0]["problem"]


def test_scan_without_permission_names_the_group(street: Street) -> None:
    before: list[str] = []
    if os.geteuid() == 0:  # root may open everything
        setpriv = find_program("setpriv")
        if setpriv is None:
            pytest.skip("needs setpriv: sudo apt install util-linux")
        rights = "-dac_override,-dac_read_search"
        before = [setpriv, "--bounding-set", rights, "--inh-caps", rights, "--"]
    with street.serve({}), SimulatedLine(street.by_id / "usb-x"):
        for node in (street.i2c, street.by_id / "usb-x"):
            node.chmod(0)
        done = street.run("--json", before=before)
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    group = grp.getgrgid(os.getgid()).gr_name
    assert f"sudo usermod -aG {group}" in found["adapters"][0]["buses"][0]["problem"]
    assert "sudo usermod -aG" in found["ports"][0]["problem"]


def test_scan_of_an_address_that_the_kernel_has_proposes_the_bridge(street: Street) -> None:
    device = street.folder / "sys/bus/i2c/devices/1-0076"
    (device / "iio:device0").mkdir(parents=True)
    (device / "name").write_text("bmp280\n")
    (device / "iio:device0/name").write_text("bmp280\n")
    for channel in ("in_temp_input", "in_pressure_input"):
        (device / "iio:device0" / channel).write_text("1\n")
    with street.serve({0x76: known("bmp280").make()}) as adapter:
        adapter.faults.own(0x76)
        found = street.found()
    (chip,) = found["adapters"][0]["buses"][0]["chips"]
    assert (chip["matches"], chip["owner"]["driver"]) == ([], "bmp280")
    assert any('model = "iio"' in text for text in found["warnings"])
    assert tomli.loads(found["toml"])["sensor"]["bmp280"]["options"]["parent"] == "1-0076"
    checked = _check(street, found["toml"])
    assert checked.returncode == 0, checked.stdout


def test_scan_warns_of_the_raspberry_pi_s_controller_where_a_sensor_holds_the_clock(street: Street) -> None:
    name = street.folder / "sys/class/i2c-dev/i2c-1/name"
    name.parent.mkdir(parents=True)
    name.write_text("bcm2835 (i2c@7e804000)\n")
    with street.serve({0x61: known("scd30").make()}):
        (warning,) = [text for text in street.found()["warnings"] if "0x61" in text]
    assert "i2c_arm_baudrate" in warning


def test_scan_leaves_the_buses_of_the_running_service_alone(street: Street) -> None:
    (street.folder / "run").mkdir()
    (street.folder / "run/status.json").write_text(json.dumps({"uptime_s": int(time.monotonic())}))
    (street.folder / "unit.toml").write_text(f'[bus.pole]\nkind = "i2c"\npath = "{street.i2c}"\n')
    with street.serve({0x76: known("bme280").make()}):
        found = street.found(code=1)
        (street.folder / "run/status.json").unlink()
        free = street.found()
    assert "systemctl stop lamppost" in found["adapters"][0]["buses"][0]["problem"]
    assert free["adapters"][0]["buses"][0]["chips"][0]["matches"][0]["model"] == "bme280"


# -- serial ports


def test_scan_of_ports_recognises_who_speaks_and_shows_nothing_of_it(street: Street) -> None:
    gnss = ReplayedGnss(read_lines(ROOT / "tests" / "captures" / "gnss-ublox-8.log"))
    with (
        speaking(street.by_id / "usb-scanner", f"{MAC},-67\n".encode),
        speaking(street.by_id / "usb-gnss", gnss.frame),
        speaking(street.by_id / "usb-lidar", lambda: bytes.fromhex("59 59 64 00 10 27 00 09 56") * 2) as lidar,
    ):
        done = street.run("--json")
        assert lidar.receive(timeout_s=0) == b""
    found = json.loads(done.stdout)
    assert [port["matches"][0]["model"] for port in found["ports"]] == [
        "gnss",
        "tfmini",
        "mac_scanner",
    ]
    for secret in (MAC, "-67", "4717", "$G", "5959"):
        assert secret not in done.stdout + done.stderr
    checked = _check(street, found["toml"])
    assert checked.returncode == 0, checked.stdout


def test_scan_of_a_silent_port_asks_and_recognises_who_answers(street: Street) -> None:
    answer = bytes.fromhex("ff 86 02 20 00 00 00 00 58")
    with SimulatedLine(street.by_id / "usb-co2") as line:

        def reply(data: bytes) -> None:
            if data.startswith(bytes.fromhex("ff 01 86")):
                line.send(answer)

        line._on_receive = reply
        done = street.run("--json")
    (port,) = json.loads(done.stdout)["ports"]
    assert (port["matches"][0]["model"], port["baudrate"]) == ("mhz19b", 9600)
    assert "sends ff 01 86" in done.stderr


def test_scan_that_is_quiet_asks_nobody_on_a_silent_port(street: Street) -> None:
    with SimulatedLine(street.by_id / "usb-co2") as line:
        (port,) = street.found("--quiet")["ports"]
        assert line.receive(timeout_s=0) == b""
    assert (port["heard"], port["problem"]) == (False, "")


def test_scan_of_a_port_that_another_process_has_says_so(street: Street) -> None:
    import serial  # noqa: PLC0415 - the tests' own port

    with SimulatedLine(street.by_id / "usb-x"), serial.Serial(str(street.by_id / "usb-x"), exclusive=True):
        (port,) = street.found(code=1)["ports"]
    assert "has it open" in port["problem"]


def test_scan_of_a_port_without_a_lasting_name_prints_the_one_it_has(street: Street) -> None:
    with SimulatedLine(street.by_id / "usb-FTDI_A1"):
        unsteady = street.folder / "dev" / "ttyUSB0"
        unsteady.symlink_to(os.path.realpath(street.by_id / "usb-FTDI_A1"))
        found = street.found("--quiet", "--serial", str(unsteady))
    (warning,) = found["warnings"]
    assert warning == (
        f'{unsteady} can be another adapter after the next start: write path = "{street.by_id / "usb-FTDI_A1"}"'
    )
    assert found["ports"][0]["path"] == str(street.by_id / "usb-FTDI_A1")
