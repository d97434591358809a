"""Every model is complete, and only what is asked for is imported."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from drivers import registry
from drivers.model import Delivery, I2cModel, SerialModel, SysfsModel
from drivers.reading import Sensitivity

ROOT = Path(__file__).parents[2]


def test_models_every_chip_folder_is_registered() -> None:
    folders = {path.parent.name for path in (ROOT / "drivers").glob("*/README.md")}
    assert folders == set(registry.names())


@pytest.mark.parametrize("name", registry.names())
def test_load_model_is_complete(name: str) -> None:
    model = registry.load(name)
    assert model.name == name
    assert model.title
    assert model.channels
    assert len({channel.name for channel in model.channels}) == len(model.channels)
    assert 0 < model.fastest_s <= model.interval_s
    assert model.timeout_s > 0
    assert dataclasses.is_dataclass(model.options)
    if not isinstance(model, SysfsModel):  # a bridge must be told the device
        model.options()
    if isinstance(model, I2cModel):
        assert model.addresses
        assert all(0x08 <= address <= 0x77 for address in model.addresses)
    elif isinstance(model, SerialModel):
        assert model.baudrate > 0


@pytest.mark.parametrize("name", registry.names())
def test_load_channels_are_consistent_with_their_class(name: str) -> None:
    for channel in registry.load(name).channels:
        if channel.sensitivity is Sensitivity.IDENTIFIER:
            assert (channel.unit, channel.group is None) == ("", False)
        else:
            assert channel.unit
            assert channel.minimum < channel.maximum


@pytest.mark.parametrize("name", registry.names())
def test_load_imports_only_the_model_asked_for(name: str) -> None:
    program = (
        "import sys; from drivers import registry; registry.load(sys.argv[1])\n"
        "print(*sorted(n for n, p in registry.MODELS.items() if p in sys.modules))\n"
        "print(*[m for m in ('smbus2', 'serial', 'drivers.sim', 'agent', 'receiver') if m in sys.modules])"
    )
    command = [sys.executable, "-c", program, name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"{name}\n\n"


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("bme28", "bme280"),
        ("BME280", "bme280"),
        ("mac-scanner", "mac_scanner"),
        ("sds-011", "sds011"),
        ("pms5003", "pmsx003"),
    ],
)
def test_load_misspelt_name_says_what_was_meant(name: str, suggestion: str) -> None:
    with pytest.raises(registry.UnknownModel, match=f"did you mean {suggestion}") as caught:
        registry.load(name)
    assert (caught.value.name, caught.value.suggestion) == (name, suggestion)


def test_load_name_like_nothing_lists_the_models() -> None:
    with pytest.raises(registry.UnknownModel, match=f"Models: {', '.join(registry.names())}$") as caught:
        registry.load("teapot")
    assert caught.value.suggestion is None


def test_load_package_without_a_model_is_a_mistake_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MODELS", {"odd": "tests.support.odd_model"})
    monkeypatch.setitem(sys.modules, "tests.support.odd_model", type(sys)("odd_model"))
    monkeypatch.setattr(sys.modules["tests.support.odd_model"], "MODEL", 3, raising=False)
    with pytest.raises(TypeError, match="must be an I2cModel"):
        registry.load("odd")


def test_delivery_pushed_models_are_serial() -> None:
    for name in registry.names():
        model = registry.load(name)
        assert model.delivery is Delivery.POLLED or not isinstance(model, I2cModel)


@pytest.mark.parametrize("name", registry.names())
def test_observed_properties_are_addresses_of_a_public_vocabulary(name: str) -> None:
    vocabularies = (
        "http://qudt.org/vocab/quantitykind/",
        "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/",
        "http://www.w3.org/2003/01/geo/wgs84_pos#",
    )
    for channel in registry.load(name).channels:
        if channel.property:
            assert channel.property.startswith(vocabularies)
            assert channel.property not in vocabularies
        else:
            unnamed = {"concentration", "electricalconductivity", "intensity", "ph", "uvindex"}
            assert channel.name in {"fix", "hdop", "mac", "rssi"} | unnamed
