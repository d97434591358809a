"""What the registry is told of the SCD4X, and its README."""

import tomllib
from pathlib import Path

from drivers.scd4x import MODEL

_README = (Path(__file__).parents[3] / "drivers" / "scd4x" / "README.md").read_text()
_SECTIONS = ["What it measures", "Wiring", "Configuration", "Troubleshooting", "Sources"]


def test_readme_has_the_fixed_sections_in_order() -> None:
    assert [line[3:] for line in _README.splitlines() if line.startswith("## ")] == _SECTIONS


def test_readme_names_every_channel_with_its_unit() -> None:
    for channel in MODEL.channels:
        assert f"| `{channel.name}` |" in _README
        assert f"| {channel.unit} |" in _README


def test_readme_sample_configuration_fits_the_model() -> None:
    configuration = tomllib.loads(_README.split("```toml\n")[1].split("```")[0])
    (sensor,) = configuration["sensor"].values()
    assert sensor["model"] == MODEL.name
    assert sensor["address"] in MODEL.addresses
    assert sensor["bus"] in configuration["bus"]
    MODEL.options(**sensor.get("options", {}))


def test_channels_have_a_range_and_an_accuracy() -> None:
    for channel in MODEL.channels:
        assert channel.minimum < channel.maximum
        assert channel.accuracy
