"""What holds for every model: its folder, its README, its channels, and what agrees with it."""

from pathlib import Path

import pytest

from drivers import registry
from drivers.reading import Sensitivity

_DRIVERS = Path(__file__).parents[2] / "drivers"
_SECTIONS = ["What it measures", "Wiring", "Configuration", "Troubleshooting", "Sources"]


def _readme(name: str) -> str:
    return (_DRIVERS / name / "README.md").read_text()


@pytest.mark.parametrize("name", registry.names())
def test_readme_has_the_fixed_sections_in_order(name: str) -> None:
    assert [line[3:] for line in _readme(name).splitlines() if line.startswith("## ")] == _SECTIONS


@pytest.mark.parametrize("name", registry.names())
def test_readme_names_every_channel(name: str) -> None:
    measured = _readme(name).partition("## Wiring")[0]
    missing = [channel.name for channel in registry.load(name).channels if f"`{channel.name}`" not in measured]
    assert not missing


@pytest.mark.parametrize("name", registry.names())
def test_channels_have_a_range_and_an_accuracy(name: str) -> None:
    for channel in registry.load(name).channels:
        assert channel.accuracy
        if channel.sensitivity is not Sensitivity.IDENTIFIER:
            assert channel.minimum < channel.maximum


@pytest.mark.parametrize("name", registry.names())
def test_agreement_something_else_agrees_and_is_there(name: str) -> None:
    model = registry.load(name)
    assert model.agreement
    assert model.warm_up_s >= 0
    for text in model.agreement:
        file = text.rpartition("tests/")[2].rstrip(")")
        assert list((_DRIVERS.parent / "tests").glob(file)), text


def test_the_projects_readme_names_every_model() -> None:
    sensors = (_DRIVERS.parent / "README.md").read_text().partition("## Sensors")[2]
    assert [name for name in registry.names() if f"(drivers/{name}/README.md)" not in sensors] == []


def test_the_projects_readme_names_every_shipped_device() -> None:
    sensors = (_DRIVERS.parent / "README.md").read_text().partition("## Sensors")[2]
    shipped = (_DRIVERS.parent / "config" / "devices").glob("*.toml")
    assert [file.name for file in shipped if f"(config/devices/{file.name})" not in sensors] == []
