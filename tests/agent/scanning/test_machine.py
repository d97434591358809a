"""What a machine tells of its buses, on made-up trees."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from agent.scanning.findings import Owner
from agent.scanning.machine import Machine, is_unsteady


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "dev", tmp_path / "sys")


def _make(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def test_adapters_are_in_the_order_of_their_numbers(machine: Machine) -> None:
    _make(machine.dev, **{"i2c-10": "", "i2c-2": "", "i2c-x": "", "ttyS0": ""})
    assert machine.adapters() == [str(machine.dev / "i2c-2"), str(machine.dev / "i2c-10")]


def test_ports_are_lasting_names_and_of_the_others_only_those_without_one(machine: Machine) -> None:
    _make(machine.dev, ttyUSB0="", ttyUSB1="", ttyS0="")
    _make(machine.dev / "serial" / "by-id")
    name = machine.dev / "serial" / "by-id" / "usb-FTDI"
    name.symlink_to("../../ttyUSB0")
    assert machine.ports() == [str(name), str(machine.dev / "ttyUSB1")]
    assert machine.lasting(str(machine.dev / "ttyUSB0")) == str(name)
    assert machine.lasting(str(machine.dev / "ttyUSB1")) is None


def test_machine_without_any_folder_has_nothing(machine: Machine) -> None:
    assert (machine.adapters(), machine.ports(), machine.adapter_name("/dev/i2c-1")) == ([], [], "")
    assert machine.owner("/dev/i2c-1", 0x76) == Owner()


@pytest.mark.parametrize(
    ("path", "unsteady"), [("/dev/ttyUSB0", True), ("/dev/ttyACM12", True), ("/dev/ttyS0", False)]
)
def test_is_unsteady_is_what_a_replug_can_change(path: str, unsteady: bool) -> None:  # noqa: FBT001
    assert is_unsteady(path) is unsteady


def test_owner_with_an_iio_device_has_its_name_and_the_channels_that_can_be_bridged(machine: Machine) -> None:
    device = machine.sys / "bus/i2c/devices/1-0076"
    _make(device, name="bme280\n")
    files = {
        "name": "bme280\n",
        "in_temp_input": "",
        "in_humidityrelative_input": "",
        "in_proximity_raw": "",
        "dev": "",
    }
    _make(device / "iio:device0", **files)
    assert machine.owner("/dev/i2c-1", 0x76) == Owner(
        driver="bme280",
        bridge="iio",
        device="bme280",
        parent="1-0076",
        channels=("humidityrelative", "temp"),
    )


def test_owner_with_a_hwmon_device_has_its_channels(machine: Machine) -> None:
    device = machine.sys / "bus/i2c/devices/1-0048"
    _make(device, name="lm75\n")
    _make(device / "hwmon/hwmon3", name="lm75\n", temp1_input="20000", temp1_max="80000")
    owner = machine.owner("/dev/i2c-1", 0x48)
    assert (owner.bridge, owner.device, owner.channels) == ("hwmon", "lm75", ("temp1",))


def test_owner_that_measures_nothing_is_named(machine: Machine) -> None:
    _make(machine.sys / "bus/i2c/devices/1-0070", name="pca9548\n")
    assert machine.owner("/dev/i2c-1", 0x70) == Owner(driver="pca9548")
    assert machine.owner("/somewhere/else", 0x70) == Owner()


def test_holders_are_the_other_processes_that_have_a_device_open(machine: Machine) -> None:
    leader, follower = pty.openpty()
    path = os.ttyname(follower)
    os.close(follower)
    child = subprocess.Popen(
        [sys.executable, "-c", f"f = open({path!r}); print('open', flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        child.stdout.readline()
        (holder,) = machine.holders(path)
        assert holder.startswith(f"process {child.pid} (python")
    finally:
        child.communicate(b"\n")
        os.close(leader)
    assert machine.holders(path) == []
    assert machine.holders(__file__) == []


@pytest.mark.parametrize("name", [b"usb-\xf2", b"usb-\x1b[2J", b"usb-\xc2\x85"], ids=["no text", "escape", "control"])
def test_ports_with_a_lasting_name_that_cannot_be_written_down_are_named_by_their_node(
    name: bytes, machine: Machine
) -> None:
    _make(machine.dev, ttyUSB0="")
    _make(machine.dev / "serial" / "by-id")
    (machine.dev / "serial" / "by-id" / os.fsdecode(name)).symlink_to("../../ttyUSB0")
    assert machine.ports() == [str(machine.dev / "ttyUSB0")]
    assert machine.lasting(str(machine.dev / "ttyUSB0")) is None


def test_ports_with_two_lasting_names_are_told_once(machine: Machine) -> None:
    _make(machine.dev, ttyUSB0="")
    _make(machine.dev / "serial" / "by-id")
    for name in ("usb-b", "usb-a"):
        (machine.dev / "serial" / "by-id" / name).symlink_to("../../ttyUSB0")
    assert machine.ports() == [str(machine.dev / "serial" / "by-id" / "usb-a")]


def test_machine_writes_what_would_disturb_a_terminal_as_an_escape(machine: Machine) -> None:
    _make(machine.sys / "class/i2c-dev/i2c-1", name="\x1b[2Jbus\n")
    _make(machine.sys / "bus/i2c/devices/1-0076", name="a\rb\n")
    assert machine.adapter_name("/dev/i2c-1") == r"\x1b[2Jbus"
    assert machine.owner("/dev/i2c-1", 0x76).driver == r"a\rb"


def test_holders_with_a_name_that_would_disturb_a_terminal_are_shown_with_an_escape(tmp_path: Path) -> None:
    process = tmp_path / "proc" / "999999999"
    _make(process, comm="\x1b[2Jx\n")
    _make(process / "fd")
    (process / "fd" / "3").symlink_to("/dev/null")
    assert Machine(proc=tmp_path / "proc").holders("/dev/null") == [r"process 999999999 (\x1b[2Jx)"]
