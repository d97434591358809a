"""`lamppost sensors` as its users see it."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agent.cli import sensors_page
from agent.cli.sensors_facts import Entry, Origin, find, listed, where
from agent.config.catalogue import installed
from drivers import registry
from drivers.model import I2cModel
from drivers.reading import Channel, Sensitivity
from tests.support.plugins import install, install_example

ROOT = Path(__file__).resolve().parents[3]
DEVICES = sorted(path.stem for path in (ROOT / "config/devices").glob("*.toml"))


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agent", "sensors", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def _models(*arguments: str) -> dict[str, Any]:
    done = _run("--json", *arguments)
    assert done.returncode == 0, done.stderr
    return {model["name"]: model for model in json.loads(done.stdout)["models"]}


def test_sensors_lists_every_model_of_every_origin_once() -> None:
    models = _models()
    assert set(models) == {*registry.names(), *DEVICES}
    assert {name for name, model in models.items() if model["origin"] == "bridged"} == {"hwmon", "iio"}
    assert {name for name, model in models.items() if model["origin"] == "declared"} == set(DEVICES)


def test_sensors_tells_of_each_model_where_it_is_and_what_agrees() -> None:
    for name, model in _models().items():
        assert model["on"], name
        assert model["channels"], name
        assert model["agreement"], name
        for channel in model["channels"]:
            assert channel["accuracy"], (name, channel["name"])
            assert channel["class"] in {"measurement", "count", "identifier", "location"}
            assert channel["unit"] or channel["class"] == "identifier"


def test_sensors_agreement_is_a_file_that_is_there() -> None:
    for name, model in _models().items():
        for text in model["agreement"]:
            found = re.search(r"\((tests/[^)]+)\)", text)
            assert found is not None, (name, text)
            assert list(ROOT.glob(found[1])), (name, text)


def test_sensors_as_text_has_a_line_for_each_channel_and_counts_the_models() -> None:
    done = _run()
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["mac", "identifier", "of", "devices", "unverified"] in lines
    assert any(line[:2] == ["humidity", "%RH"] and "measurement" in line for line in lines)
    built_in = len(registry.names()) - 2
    assert f"{built_in} built in, {len(DEVICES)} declared in a file, 2 bridged to the kernel's drivers" in " ".join(
        done.stdout.split()
    )


def test_sensors_short_has_one_line_for_each_model() -> None:
    environment_wide = {"COLUMNS": "1000"}
    command = [sys.executable, "-m", "agent", "sensors", "--short"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True, env=environment_wide
    )
    names = [line.split()[0] for line in done.stdout.splitlines()[1:-1]]
    assert sorted(names) == sorted([*registry.names(), *DEVICES])


def test_sensors_of_one_model_shows_that_one_without_a_count() -> None:
    done = _run("bme280")
    assert done.returncode == 0
    assert "Bosch Sensortec BME280" in done.stdout
    assert "I2C, address 0x76 or 0x77; every 10 s, at most every 1 s; no warm-up" in " ".join(done.stdout.split())
    assert "agrees: independent driver: RPi.bme280" in done.stdout
    assert "models:" not in done.stdout


@pytest.mark.parametrize(
    ("name", "expected"), [("mac_scaner", 'did you mean "mac_scanner"'), ("teapot", "expected one of ")]
)
def test_sensors_of_an_unknown_model_says_what_there_is(name: str, expected: str) -> None:
    done = _run(name)
    assert (done.returncode, done.stdout) == (1, "")
    assert expected in done.stderr


def test_sensors_lists_a_package_without_running_its_code_and_shows_it_when_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = install_example(tmp_path)
    install(tmp_path, "city-noisy", "raise SystemExit('this code must not run')", model="noisy")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    models = _models()
    assert (models["si7021"]["origin"], models["si7021"]["source"]) == ("package", package)
    assert "channels" not in models["si7021"]
    assert "channels" not in models["noisy"]
    shown = _models("si7021")["si7021"]
    assert [channel["name"] for channel in shown["channels"]] == ["temperature", "humidity"]
    assert f"package: {package}" in _run("si7021").stdout


def test_sensors_while_a_package_claims_a_built_in_model_says_so_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "city-weather", "", model="bme280", version="3")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = _run("bme280")
    assert done.returncode == 1
    assert "city-weather 3: a model of that name is built in" in " ".join(done.stdout.split())


def test_sensors_of_a_package_that_fails_to_import_says_so_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "city-odd", "import city_nowhere", model="odd", version="0.3")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert _run().returncode == 0, "it is listed; nobody has asked for its code"
    done = _run("odd")
    assert done.returncode == 1
    assert "city-odd 0.3: cannot be imported: ModuleNotFoundError" in " ".join(done.stdout.split())


def test_sensors_beside_a_configuration_lists_its_own_devices_and_those_with_mistakes(tmp_path: Path) -> None:
    (tmp_path / "devices").mkdir()
    file = tmp_path / "devices" / "broken.toml"
    file.write_text("title = 3\n")
    done = _run("--json", "--file", str(tmp_path / "unit.toml"))
    assert done.returncode == 1
    (broken,) = [model for model in json.loads(done.stdout)["models"] if model["name"] == "broken"]
    assert broken["source"] == str(file)
    assert broken["problem"] == f"{file}:1:1: this file does not say which kind of device it describes"
    assert 'did you mean "broken"' in _run("brokn", "--file", str(tmp_path / "unit.toml")).stderr


# -- words


def _model(*addresses: int) -> I2cModel:
    return I2cModel(name="x", title="X", addresses=addresses, create=print, channels=())  # type: ignore[arg-type]  # never made


@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        ((0x62,), "0x62"),
        ((0x76, 0x77), "0x76 or 0x77"),
        ((0x48, 0x49, 0x4A, 0x4B), "0x48 to 0x4b"),
        ((0x40, 0x44, 0x45), "0x40 or 0x44 or 0x45"),
    ],
)
def test_where_of_many_addresses_in_a_row_names_the_ends(addresses: tuple[int, ...], words: str) -> None:
    assert where(_model(*addresses)) == f"I2C, address {words}"


def test_page_shows_the_group_of_what_is_derived_from_people() -> None:
    channel = Channel(name="n", title="N", unit="count", maximum=9, sensitivity=Sensitivity.COUNT, group="walkers")
    model = I2cModel(name="x", title="X", addresses=(0x40,), create=print, channels=(channel,))  # type: ignore[arg-type]  # never made
    text = io.StringIO()
    entry = Entry(name="x", origin=Origin.BUILT_IN, model=model)
    sensors_page.render([entry], short=False, counted=False, console=Console(file=text, width=200))
    assert "count of walkers" in text.getvalue()
    assert "agrees: nothing that we did not write" in text.getvalue()


def test_find_of_a_model_that_is_not_there_is_none() -> None:
    assert find(installed(), "teapot") is None
    assert [entry.name for entry in listed(installed()) if entry.problem] == []
