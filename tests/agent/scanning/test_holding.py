"""Whether the service runs, and what it has."""

import json
import time
from pathlib import Path

import pytest

from agent.scanning.holding import Service, running

NOW = "now"


def _status(folder: Path, uptime_s: object) -> None:
    (folder / "status.json").write_text(json.dumps({"uptime_s": uptime_s}))


def test_running_with_a_fresh_status_has_the_buses_of_its_configuration(tmp_path: Path) -> None:
    _status(tmp_path, int(time.monotonic()) - 20)
    unit, link = tmp_path / "unit.toml", tmp_path / "by-id"
    link.symlink_to(tmp_path / "ttyUSB0")
    unit.write_text(f'[bus.a]\nkind = "serial"\npath = "{link}"\n[bus.b]\nkind = "i2c-mux"\nbus = "a"\n')
    service = running(tmp_path, unit)
    assert service is not None
    assert service.has(str(tmp_path / "ttyUSB0"))
    assert not service.has("/dev/i2c-1")


def test_running_whose_configuration_cannot_be_read_has_every_bus(tmp_path: Path) -> None:
    _status(tmp_path, int(time.monotonic()))
    assert running(tmp_path, tmp_path / "unit.toml") == Service(None)
    (tmp_path / "unit.toml").write_text("[bus")
    service = running(tmp_path, tmp_path / "unit.toml")
    assert service is not None
    assert service.has("/dev/anything")


@pytest.mark.parametrize("uptime_s", [-1000, "soon", None])
def test_running_with_an_old_or_a_broken_status_is_nobody(uptime_s: object, tmp_path: Path) -> None:
    _status(tmp_path, uptime_s)
    assert running(tmp_path, tmp_path / "unit.toml") is None


def test_running_without_a_status_is_nobody(tmp_path: Path) -> None:
    assert running(tmp_path, tmp_path / "unit.toml") is None


@pytest.mark.parametrize(
    "text",
    ['{"uptime_s": 1' + "0" * 400 + "}", "[" * 200_000, '{"uptime_s": NaN}', "[]", "\udcff"],
    ids=["beyond any number", "too deep", "no number", "another form", "no text"],
)
def test_running_with_a_status_that_is_none_is_nobody(text: str, tmp_path: Path) -> None:
    (tmp_path / "status.json").write_bytes(text.encode(errors="surrogateescape"))
    assert running(tmp_path, tmp_path / "unit.toml") is None


def test_running_with_a_path_that_no_file_can_have_has_every_bus(tmp_path: Path) -> None:
    _status(tmp_path, int(time.monotonic()))
    (tmp_path / "unit.toml").write_text('[bus.a]\npath = "/dev/\\u0000"\n')
    assert running(tmp_path, tmp_path / "unit.toml") == Service(None)
