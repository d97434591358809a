"""What a BUSFILE may say, and how its mistakes are told."""

from pathlib import Path

import pytest

from agent.errors import ConfigurationError
from drivers.bus.mux import Hop
from tests.hil.busfile import read_busfile

_ROOT = Path(__file__).parents[2]
_WRONG = """[bus.i2c-1]
kind = "i2c"
path = "i2c-1"

[sensor.weather]
model = "bme280"
bus = "i2c-2"
address = 0x40
"""


def test_example_lists_three_sensors_with_nodes_and_hops() -> None:
    found = read_busfile(_ROOT / "tests/agreement/hardware.example.toml")
    assert [(one.plan.name, one.plan.model.name, one.plan.address) for one in found.sensors] == [
        ("weather", "bme280", 0x76),
        ("reference", "sht4x", 0x44),
        ("dust", "sds011", None),
    ]
    assert [one.node for one in found.sensors[:2]] == ["/dev/i2c-1"] * 2
    assert [one.hops for one in found.sensors] == [(), (Hop(0x70, 2),), ()]
    assert found.sensors[2].buses["dust"].baudrate == 9600
    assert found.warnings == ""


def test_units_own_file_serves_as_a_busfile() -> None:
    assert read_busfile(_ROOT / "config/unit.toml").sensors


def test_every_mistake_is_told_by_file_line_and_key(tmp_path: Path) -> None:
    file = tmp_path / "bus.toml"
    file.write_text(_WRONG)
    with pytest.raises(ConfigurationError) as wrong:
        read_busfile(file)
    text = str(wrong.value)
    assert f'{file}:3:8: "i2c-1" is no device node' in text
    assert f'{file}:7:7: there is no bus "i2c-2"' in text
    assert f"{file}:8:11: " in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[sensors.a]\n", 'sensor"?'),
        ("[sensor.a\n", "bus.toml:1:"),
        ("", "lacks the section"),
    ],
)
def test_file_that_lists_nothing_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "bus.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as wrong:
        read_busfile(file)
    assert told in str(wrong.value)


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"bus\.toml"):
        read_busfile(tmp_path / "bus.toml")
