"""Models of other packages in the real commands."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.agent_process import ROOT, Site, running
from tests.support.plugins import EXAMPLE, install, install_example

WEATHER = """
[bus.pole]
kind = "i2c"
path = "{folder}/i2c-1"

[sensor.weather]
model = "si7021"
bus = "pole"
interval = "1s"

[stream.weather]
title = "Weather"
description = "Weather at the kerb"
purpose = "Heat planning"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
window = "{window}"
batch = "{window}"
overflow = "drop_oldest"

[stream.weather.channel.temperature]
from = "weather.temperature"
rule = "mean"
unit = "Cel"
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which packages are installed, for the commands that a test runs."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


@pytest.fixture
def site(tmp_path: Path, packages: Path) -> Iterator[Site]:
    """A unit with the example's chip on its bus, and the example's package not installed yet."""
    assert packages.is_dir()
    sys.path.insert(0, str(EXAMPLE / "tests"))
    try:
        from simulated_si7021 import Si7021Chip  # noqa: PLC0415 - the example's own
    finally:
        sys.path.remove(str(EXAMPLE / "tests"))
    site = Site(tmp_path, parts=(WEATHER,))
    site.adapter.chips = {0x40: Si7021Chip(temperature_c=-3.25, humidity_pct=80)}
    site.plug()
    yield site
    site.adapter.close()


def _problems(site: Site) -> list[dict[str, str]]:
    done = site.command("check", str(site.config), "--json")
    problems: list[dict[str, str]] = json.loads(done.stdout)["problems"]
    return problems


def test_check_of_a_model_that_nobody_has_installed_does_not_know_it(site: Site) -> None:
    assert ("unknown-model", "sensor.weather.model") in [(one["code"], one["key"]) for one in _problems(site)]


def test_check_once_and_run_with_the_package_installed_work(site: Site, packages: Path) -> None:
    install_example(packages)
    assert site.command("check", str(site.config)).returncode == 0
    done = site.command("once", str(site.config))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "-3.25 Cel" in done.stdout
    with running(site) as agent:
        agent.until(lambda: len(agent.stored()) > 0, what="a row")
        assert agent.stop() == 0


def test_check_of_a_package_that_fails_to_import_names_it_with_its_version(site: Site, packages: Path) -> None:
    install(packages, "city-si7021", "import city_nowhere", model="si7021", version="0.9")
    (problem,) = [one for one in _problems(site) if one["code"] == "broken-plugin"]
    assert problem["key"] == "sensor.weather.model"
    assert (
        "city-si7021 0.9: cannot be imported: ModuleNotFoundError: No module named 'city_nowhere'"
        in (problem["message"])
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('unit="Cel"', 'unit="degC"', "has the unit 'degC', which the registry of SenML does not have"),
        ('name="t"', 'name="T 1"', "its channel 'T 1' has another name"),
        ("maximum=9", "maximum=0", "has no range"),
        ('unit="Cel"', 'unit="count", sensitivity="count"', "is of class count and names no group"),
    ],
)
def test_check_of_a_package_whose_channels_are_not_fit_says_why(
    old: str, new: str, expected: str, site: Site, packages: Path
) -> None:
    code = (
        "from drivers.model import I2cModel\nfrom drivers.reading import Channel, Sensitivity\n"
        'MODEL = I2cModel(name="si7021", title="x", addresses=(0x40,), create=print,\n'
        '    channels=(Channel(name="t", title="T", unit="Cel", minimum=0, maximum=9),))\n'
    )
    assert old in code
    code = code.replace(old, new).replace('sensitivity="count"', "sensitivity=Sensitivity.COUNT")
    install(packages, "city-si7021", code, model="si7021")
    (problem,) = [one for one in _problems(site) if one["code"] == "broken-plugin"]
    assert expected in problem["message"]


def test_check_while_a_package_claims_a_built_in_model_refuses_the_configuration(site: Site, packages: Path) -> None:
    install(packages, "city-weather", "raise SystemExit('this code must not run')", model="bme280")
    site.parts = (WEATHER.replace('model = "si7021"', 'model = "bme280"\naddress = 0x76'),)
    site.write()
    (problem,) = _problems(site)
    assert (problem["code"], problem["key"]) == ("plugin-conflict", "sensor.weather.model")
    assert "city-weather 1.0: a model of that name is built in; remove the package" in problem["message"]


def test_run_with_built_in_models_loads_neither_metadata_nor_a_package_that_is_not_named(
    tmp_path: Path, packages: Path
) -> None:
    install(packages, "city-other", "raise SystemExit('this code must not run')", model="other")
    site = Site(tmp_path)
    site.plug()
    program = (
        "import sys\nfrom agent.cli.main import main\ncode = main()\n"
        "print('loaded', *[m for m in ('importlib.metadata', 'city_other') if m in sys.modules], flush=True)\n"
        "sys.exit(code)\n"
    )
    with running(site, program=("-c", program)) as agent:
        agent.until(lambda: len(agent.stored()) > 0, what="a row")
        assert agent.stop() == 0
    site.adapter.close()
    assert [line for line in agent.said.splitlines() if line.startswith("loaded")] == ["loaded"]


def test_check_without_packages_never_loads_metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    site = Site(tmp_path)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "agent", "check", str(site.config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "drivers.bme280" in done.stderr
    assert "importlib.metadata" not in done.stderr
