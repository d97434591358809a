"""The devices that come with the program: right, proven on their makers' examples, and what agrees with them."""

import pickle
import re
from pathlib import Path

import pytest
import tomli

from agent.config.declared import examine_device, names, shipped
from agent.tomlfile import parse, read
from agent.wire.units import PRIMARY, SECONDARY
from drivers import registry
from drivers.model import Delivery, I2cModel, ModbusModel, Model, SerialModel
from drivers.reading import Sensitivity

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "config" / "devices"
NAMES = names([FOLDER])
HERE = "tests/agent/config/devices"
GUIDE = (ROOT / "docs" / "adding-a-sensor.md").read_text()


def model(name: str) -> Model:
    report, found = examine_device(read(FOLDER / f"{name}.toml"), name=name)
    assert report.text() == ""
    assert found is not None
    return found


@pytest.mark.parametrize("name", NAMES)
def test_shipped_device_has_no_mistake_no_warning_and_does_as_its_examples_say(name: str) -> None:
    found = model(name)
    assert found.name == name
    assert found.channels
    assert all(channel.minimum < channel.maximum and channel.accuracy for channel in found.channels)
    assert all(channel.unit in PRIMARY | set(SECONDARY) for channel in found.channels)


@pytest.mark.parametrize("name", NAMES)
def test_shipped_device_says_what_agrees_with_it_and_cites_its_sources(name: str) -> None:
    found = model(name)
    for text in found.agreement:
        assert re.search(r"worked examples? of|independent (driver|register map|recording)", text)
        assert text.endswith((f"({HERE}/test_shipped.py)", f"({HERE}/test_formulas.py)"))
    assert f"`{name}`" in GUIDE


@pytest.mark.parametrize("name", NAMES)
def test_model_of_a_shipped_device_survives_the_way_from_the_checkers_process(name: str) -> None:
    found = model(name)
    assert pickle.loads(pickle.dumps(found)) == found


def test_shipped_devices_are_of_every_kind_and_hide_no_built_in_model() -> None:
    kinds = [tomli.loads((FOLDER / f"{name}.toml").read_text())["kind"] for name in NAMES]
    assert len(NAMES) >= 8
    assert kinds.count("modbus") >= 4
    assert set(kinds) == {"modbus", "i2c", "line", "frame", "request"}
    assert set(NAMES).isdisjoint(registry.names())
    assert shipped() == FOLDER


def test_shipped_devices_of_each_kind_are_models_of_that_kind() -> None:
    assert isinstance(model("eastron_sdm120"), ModbusModel)
    chip = model("ist_hyt")
    assert isinstance(chip, I2cModel)
    assert (chip.addresses, chip.timeout_s) == ((0x28,), 2.1)
    wind = model("gill_windsonic")
    assert isinstance(wind, SerialModel)
    assert (wind.delivery, wind.baudrate, wind.timeout_s) == (Delivery.PUSHED, 9600, 6.0)
    assert model("dfrobot_a02yyuw").delivery is Delivery.POLLED


def test_radar_that_sees_people_is_in_a_group_and_quiet() -> None:
    radar = model("omnipresense_ops242")
    assert radar.quiet
    assert {channel.group for channel in radar.channels} == {"traffic"}
    assert all(channel.sensitivity is Sensitivity.MEASUREMENT for channel in radar.channels)


# Numbers and addresses retyped from what agrees with the devices, so that a slip of the pen in a file shows here too.
RETYPED = {
    # nmakel/sdm_modbus, sdm.py, class SDM120; lamaplc.com com:eastron_sdm_230
    "eastron_sdm120": {
        "voltage": (4, 0x00),
        "current": (4, 0x06),
        "power": (4, 0x0C),
        "power_factor": (4, 0x1E),
        "frequency": (4, 0x46),
        "energy_import": (4, 0x48),
        "energy_export": (4, 0x4A),
    },
    # Seeed user manual 101990787, page 28
    "seeed_sensecap_one": {
        "temperature": (4, 0x00),
        "humidity": (4, 0x02),
        "pressure": (4, 0x04),
        "illuminance": (4, 0x06),
        "wind_direction": (4, 0x0C),
        "wind_speed_max": (4, 0x10),
        "wind_speed": (4, 0x12),
    },
    # sonbest.com, SM7901
    "sonbest_sm7901": {"noise": (3, 0x00)},
    # KELLER, Communication protocol Serie30, page 13; star.ke.st
    "keller_level": {"level": (3, 0x02), "temperature": (3, 0x08)},
}
FUNCTIONS = {"holding": 3, "input": 4}


@pytest.mark.parametrize("name", sorted(RETYPED))
def test_registers_of_a_shipped_device_are_those_of_an_independent_map(name: str) -> None:
    document = tomli.loads((FOLDER / f"{name}.toml").read_text())
    function = FUNCTIONS[document["modbus"]["table"]]
    found = {key: (function, channel["register"]) for key, channel in document["channel"].items()}
    assert found == RETYPED[name]


BLOCKS = [block.partition("```")[0] for block in GUIDE.split("```toml\n")[1:]]
WALKS = [block for block in BLOCKS if "[[example]]" in block and block.startswith("kind")]


@pytest.mark.parametrize("block", WALKS, ids=[block.split('"')[1] for block in WALKS])
def test_device_of_the_guide_is_right_as_it_stands_there(block: str) -> None:
    report, found = examine_device(parse(block.encode(), name="guide"), name="thing")
    assert report.text() == ""
    assert found is not None


def test_guide_walks_through_a_device_of_each_kind_and_its_other_samples_are_toml() -> None:
    assert sorted(tomli.loads(block)["kind"] for block in WALKS) == ["frame", "i2c", "line", "modbus", "request"]
    assert all(tomli.loads(block) for block in BLOCKS)
