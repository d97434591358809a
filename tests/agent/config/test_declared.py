"""Where device files are found, which goes before which, and that nothing of them is loaded without need."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent.config import examine, load
from agent.config.declared import BESIDE, names, shipped
from agent.errors import ConfigurationError
from drivers.model import SerialModel

ROOT = Path(__file__).parents[3]
UNIT = (ROOT / "config" / "unit.toml").read_text()
SENSOR = """
[bus.extra]
kind = "serial"
path = "/dev/serial/by-id/extra"

[sensor.extra]
model = "{model}"
bus = "extra"
"""
SHIPPED = (ROOT / "config" / "devices" / "dfrobot_a02yyuw.toml").read_text()


def unit(folder: Path, *models: str) -> Path:
    extra = "".join(
        SENSOR.replace("extra", f"extra{number}").format(model=model) for number, model in enumerate(models)
    )
    file = folder / "unit.toml"
    file.write_text(UNIT + extra)
    return file


def beside(folder: Path, name: str, text: str) -> None:
    (folder / BESIDE).mkdir(exist_ok=True)
    (folder / BESIDE / f"{name}.toml").write_text(text)


def test_shipped_device_is_found_by_its_name(tmp_path: Path) -> None:
    outcome = examine(unit(tmp_path, "dfrobot_a02yyuw"))
    assert outcome.report.errors() == []
    assert outcome.settings is not None
    plan = outcome.settings.sensors[-1]
    assert isinstance(plan.model, SerialModel)
    assert (plan.model.name, plan.interval_s) == ("dfrobot_a02yyuw", 1.0)
    assert outcome.settings.buses["extra0"].baudrate == 9600


def test_device_beside_the_configuration_goes_before_the_shipped_one(tmp_path: Path) -> None:
    beside(tmp_path, "dfrobot_a02yyuw", SHIPPED.replace("DFRobot A02YYUW ultrasonic distance", "Corrected"))
    settings = load(unit(tmp_path, "dfrobot_a02yyuw"))
    assert settings.sensors[-1].model.title == "Corrected"


def test_built_in_model_goes_before_a_device_and_the_device_is_warned_of(tmp_path: Path) -> None:
    beside(tmp_path, "sds011", SHIPPED)
    outcome = examine(unit(tmp_path, "sds011"))
    (warning,) = [problem for problem in outcome.report.warnings() if problem.key.startswith("sensor.extra0")][:1]
    codes = {problem.code for problem in outcome.report.warnings()}
    assert "hidden-device" in codes
    assert warning.file.endswith("unit.toml")
    assert outcome.settings is not None
    assert outcome.settings.sensors[-1].model.title.startswith("Nova")


def test_mistake_in_a_device_is_told_in_its_own_file_and_once_for_all_sensors(tmp_path: Path) -> None:
    beside(tmp_path, "mine", SHIPPED.replace('unit = "mm"', 'unit = "milimetre"'))
    outcome = examine(unit(tmp_path, "mine", "mine"))
    assert outcome.settings is None
    (problem,) = outcome.report.errors()
    assert (problem.code, problem.file) == ("unknown-unit", str(tmp_path / BESIDE / "mine.toml"))
    assert problem.source == 'unit = "milimetre"'
    with pytest.raises(ConfigurationError, match=r"mine\.toml:29:8: SenML has no unit"):
        load(unit(tmp_path, "mine"))


def test_device_that_is_no_toml_is_told_as_such(tmp_path: Path) -> None:
    beside(tmp_path, "mine", "kind = \n")
    (problem,) = examine(unit(tmp_path, "mine")).report.errors()
    assert (problem.code, problem.line) == ("syntax", 1)


def test_misspelt_device_is_proposed(tmp_path: Path) -> None:
    beside(tmp_path, "acme_gauge", SHIPPED)
    (problem,) = examine(unit(tmp_path, "acme_guage")).report.errors()
    assert (problem.code, problem.hint) == ("unknown-model", 'did you mean "acme_gauge"?')


@pytest.mark.parametrize("name", ["../unit", "/etc/passwd", "a/b", "", "Mine", "a" * 64])
def test_name_that_is_no_name_reads_no_file(tmp_path: Path, name: str) -> None:
    codes = {problem.code for problem in examine(unit(tmp_path, name)).report.errors()}
    assert codes <= {"unknown-model", "empty"}
    assert codes


def test_names_are_those_of_all_folders_each_once(tmp_path: Path) -> None:
    beside(tmp_path, "acme_gauge", SHIPPED)
    beside(tmp_path, "dfrobot_a02yyuw", SHIPPED)
    beside(tmp_path, "Not a name", SHIPPED)
    found = names([tmp_path / BESIDE, shipped(), tmp_path / "nothing"])
    assert found == sorted({*names([shipped()]), "acme_gauge"})


ALONE = """
import pickle, sys
from pathlib import Path
from agent.config import load
from agent.config.declared import DeclaredModels
settings = load(Path(sys.argv[1]))
loaded = sorted(name for name in sys.modules if name.startswith(("drivers.declared", "agent.config.devices")))
print(",".join(loaded))
"""
UNPICKLED = """
import sys
sys.path.insert(0, "")
from agent.apart import apart
from functools import partial
from pathlib import Path
from agent.config import load
settings = apart(partial(load, Path(sys.argv[1])))
assert not isinstance(settings, BaseException)
loaded = sorted(name for name in sys.modules if name.startswith(("drivers.declared", "agent.config.devices")))
print(",".join(loaded))
"""


def loaded(script: str, file: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_unit_without_declared_devices_loads_nothing_of_them(tmp_path: Path) -> None:
    assert loaded(ALONE, unit(tmp_path)) == ""


def test_running_unit_loads_the_drivers_of_its_kinds_and_not_what_read_the_file(tmp_path: Path) -> None:
    modules = loaded(UNPICKLED, unit(tmp_path, "dfrobot_a02yyuw")).split(",")
    assert "drivers.declared.streams" in modules
    assert not {"drivers.declared.i2c", "drivers.declared.registers"} & set(modules)
    assert not [name for name in modules if name.startswith("agent.")]
