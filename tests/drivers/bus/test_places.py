"""An adapter that is named by where it is plugged in is found whatever number it has."""

from pathlib import Path

import pytest

from drivers.bus import places
from drivers.bus.linux_i2c import LinuxI2c
from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.places import I2C, SERIAL, node_at, nodes_at
from drivers.errors import BusFault, BusGone


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A port of a hub, as a link that leads to it, and what is plugged into it."""
    monkeypatch.setattr(places, "ROOT", str(tmp_path))
    (tmp_path / "devices/usb1/1-1").mkdir(parents=True)
    link = tmp_path / "bus/usb/devices/1-1"
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "devices/usb1/1-1")
    return link


def adapter(port: Path, number: int) -> Path:
    """Plug an adapter in."""
    place = port / f"1-1:1.0/i2c-{number}"
    (place / f"i2c-dev/i2c-{number}").mkdir(parents=True)
    return place


def test_path_of_a_node_is_taken_as_it_is() -> None:
    assert nodes_at("/dev/i2c-1", I2C) == ["/dev/i2c-1"]
    assert node_at("/dev/serial/by-id/usb-x", SERIAL) == "/dev/serial/by-id/usb-x"


def test_adapter_is_found_at_its_place_under_each_number(port: Path) -> None:
    assert nodes_at(str(port), I2C) == []
    gone = adapter(port, 1)
    assert node_at(str(port), I2C) == "/dev/i2c-1"
    gone.rename(port.parent / "pulled")
    adapter(port, 12)
    assert node_at(str(port), I2C) == "/dev/i2c-12"


def test_serial_port_is_found_at_its_place_and_is_no_i2c_adapter(port: Path) -> None:
    (port / "1-1:1.0/ttyUSB3/tty/ttyUSB3").mkdir(parents=True)
    assert node_at(str(port), SERIAL) == "/dev/ttyUSB3"
    assert node_at(str(port), I2C) == ""


def test_links_of_sysfs_that_lead_back_are_not_followed(port: Path) -> None:
    place = adapter(port, 1)
    (place / "subsystem").symlink_to(port)
    (place / "i2c-dev/i2c-1/device").symlink_to(place)
    assert nodes_at(str(port), I2C) == ["/dev/i2c-1"]


def test_adapter_is_meant_and_not_those_behind_its_multiplexer(port: Path) -> None:
    place = adapter(port, 1)
    (place / "i2c-11/i2c-dev/i2c-11").mkdir(parents=True)
    assert nodes_at(str(port), I2C) == ["/dev/i2c-1"]


def test_adapter_that_is_pulled_while_its_place_is_looked_up_is_not_there(
    port: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter(port, 1)

    def gone(path: str) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr("os.path.realpath", gone)
    assert nodes_at(str(port), I2C) == []


def test_place_of_two_adapters_is_refused(port: Path) -> None:
    adapter(port, 1)
    adapter(port, 2)
    with pytest.raises(BusFault, match="2 of them are at this place"):
        node_at(str(port), I2C)


async def test_buses_at_an_empty_place_say_that_nothing_is_there(port: Path) -> None:
    for bus in (LinuxI2c(str(port)), LinuxSerial(str(port), 9600)):
        with pytest.raises(BusGone, match=r"no such file; expected .*: is it plugged in"):
            await bus.open()
