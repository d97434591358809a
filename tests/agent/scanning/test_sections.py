"""The TOML to paste, from made-up findings."""

from functools import cache

import pytest
import tomli

from agent.scanning.candidates import Candidates
from agent.scanning.findings import Adapter, Branch, Chip, Findings, Match, Owner, Port
from agent.scanning.sections import sections
from drivers.bus.mux import Hop
from drivers.identity import Certainty

built_in = cache(Candidates.built_in)
LONG = "/dev/serial/by-id/usb-" + "Silicon_Labs_CP2102N_USB_to_UART_Bridge_Controller_" * 2 + "0001-if00-port0"


def _match(model: str, certainty: Certainty = Certainty.CERTAIN) -> Match:
    return Match(model, certainty, "a test")


def _one(*chips: Chip, path: str = "/dev/i2c-1") -> Findings:
    return Findings(adapters=(Adapter(path=path, branches=(Branch(path=path, chips=chips),)),))


def test_sections_of_nothing_are_empty() -> None:
    assert sections(Findings()) == ""
    assert sections(_one(Chip(address=0x3C))) == ""
    assert sections(Findings(ports=(Port(path="/dev/ttyS0"),))) == ""


def test_sections_of_two_chips_of_one_model_have_two_names() -> None:
    found = _one(Chip(address=0x76, matches=(_match("bme280"),)), Chip(address=0x77, matches=(_match("bme280"),)))
    assert set(tomli.loads(sections(found))["sensor"]) == {"bme280", "bme280-2"}


@pytest.mark.parametrize(
    "matches",
    [
        (_match("bh1750", Certainty.POSSIBLE),),
        (_match("tmp102", Certainty.LIKELY), _match("ads1115", Certainty.LIKELY)),
    ],
    ids=["only possible", "two as likely"],
)
def test_sections_of_what_is_not_sure_are_comments_and_name_the_others(matches: tuple[Match, ...]) -> None:
    text = sections(_one(Chip(address=0x48, matches=matches)))
    assert "sensor" not in tomli.loads(text)
    assert f'# model = "{matches[0].model}"' in text
    assert all(match.model in text for match in matches)


def test_sections_of_a_chip_with_a_doubt_are_comments() -> None:
    text = sections(_one(Chip(address=0x76, matches=(_match("bme280"),), doubt="two of them")))
    assert "sensor" not in tomli.loads(text)


def test_sections_behind_multiplexers_name_each_bus_on_the_way_and_no_other() -> None:
    ways = [(), (Hop(0x70, 1),), (Hop(0x70, 2),), (Hop(0x70, 2), Hop(0x71, 0))]
    chips = {ways[3]: (Chip(address=0x44, matches=(_match("sht3x"),)),)}
    branches = tuple(Branch(path="/dev/i2c-1", way=way, chips=chips.get(way, ())) for way in ways)
    pasted = tomli.loads(sections(Findings(adapters=(Adapter(path="/dev/i2c-1", branches=branches),))))
    assert pasted["bus"] == {
        "i2c-1": {"kind": "i2c", "path": "/dev/i2c-1"},
        "i2c-1-70-2": {"kind": "i2c-mux", "bus": "i2c-1", "address": 0x70, "channel": 2},
        "i2c-1-70-2-71-0": {"kind": "i2c-mux", "bus": "i2c-1-70-2", "address": 0x71, "channel": 0},
    }
    assert pasted["sensor"]["sht3x"]["bus"] == "i2c-1-70-2-71-0"


def test_sections_of_a_port_keep_a_long_path_whole() -> None:
    port = Port(path=LONG, matches=(_match("mac_scanner"),), baudrate=115_200, heard=True)
    pasted = tomli.loads(sections(Findings(ports=(port,))))
    assert pasted["bus"]["line"]["path"] == LONG
    assert set(pasted["sensor"]) == {"mac-scanner"}


def test_sections_of_a_modbus_line_leave_the_model_to_the_technician() -> None:
    port = Port(path="/dev/serial/by-id/usb-x", slaves=(1, 17), baudrate=19_200, parity="even", heard=True)
    text = sections(Findings(ports=(port,)))
    line = tomli.loads(text)["bus"]["line"]
    assert (line["kind"], line["parity"], line["stop_bits"]) == ("modbus", "even", 1)
    assert "# slave = 17" in text


def test_sections_of_an_unknown_device_of_the_kernel_list_its_channels_or_are_comments() -> None:
    owner = Owner(driver="x1", bridge="iio", device="x1", parent="1-0010", channels=("temp",))
    known = tomli.loads(sections(_one(Chip(address=0x10, owner=owner))))
    assert known["sensor"]["x1"]["options"] == {"device": "x1", "parent": "1-0010", "channels": ["temp"]}
    silent = Owner(driver="x1", bridge="iio", device="x1", parent="1-0010")
    assert tomli.loads(sections(_one(Chip(address=0x10, owner=silent)))) == {}


def _owned(*devices: str, driver: str = "") -> Findings:
    owners = [
        Owner(driver=driver, bridge="iio", device=device, parent="1-0010", channels=("temp",)) for device in devices
    ]
    return _one(*(Chip(address=at, owner=owner) for at, owner in enumerate(owners, start=0x10)))


def test_sections_of_a_device_whose_name_has_a_number_already_have_names_of_their_own() -> None:
    pasted = tomli.loads(sections(_owned("x", "x-2", "x")))
    assert [sensor["options"]["device"] for sensor in pasted["sensor"].values()] == ["x", "x-2", "x"]


def test_sections_of_devices_with_long_names_have_names_that_a_sensor_may_have() -> None:
    pasted = tomli.loads(sections(_owned("x" * 99, "x" * 99, "x" * 61 + "--")))
    assert len(pasted["sensor"]) == 3
    assert all(len(name) <= 63 for name in pasted["sensor"])


@pytest.mark.parametrize("device", ["x\x7f", "x\x1b", "x\u0085", 'x"\\'])
def test_sections_of_a_device_with_a_strange_name_say_exactly_that_in_plain_signs(device: str) -> None:
    text = sections(_owned(device))
    (sensor,) = tomli.loads(text)["sensor"].values()
    assert sensor["options"]["device"] == device
    assert all(line.isprintable() for line in text.split("\n"))


def test_sections_of_a_driver_whose_name_has_a_line_break_stay_what_they_are() -> None:
    pasted = tomli.loads(sections(_owned("x", driver="y\n[sensor.z]\nmodel = 1\n#")))
    assert set(pasted["sensor"]) == {"x"}


def test_sections_of_a_device_without_a_name_are_comments() -> None:
    assert tomli.loads(sections(_owned(""))) == {}
