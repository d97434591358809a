"""Models of other packages: loaded when they are named, reported when they are broken."""

import subprocess
import sys
from pathlib import Path

import pytest

from drivers import plugins, registry
from drivers.model import I2cModel
from drivers.plugins import PluginError
from tests.support.plugins import install, install_example, record

ROOT = Path(__file__).parents[2]
GOOD = """
from drivers.model import I2cModel
from drivers.reading import Channel
MODEL = I2cModel(
    name="good", title="Good", addresses=(0x40,), create=lambda *_: None,
    channels=(Channel(name="t", title="T", unit="Cel", minimum=0, maximum=9),),
)
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the path, in which packages can be installed."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    plugins._plugins.cache_clear()
    return folder


def test_plugins_of_an_environment_without_any_are_none() -> None:
    plugins._plugins.cache_clear()
    assert plugins.plugins() == ()
    assert plugins.load("good") is None


def test_load_of_a_plugin_gives_its_model(site: Path) -> None:
    install(site, "city-good", GOOD, model="good", version="2.5")
    assert [(plugin.name, plugin.package) for plugin in plugins.plugins()] == [("good", "city-good 2.5")]
    model = registry.load("good")
    assert isinstance(model, I2cModel)
    assert model.name == "good"
    assert "good" not in registry.names()


def test_load_of_the_example_gives_its_model(site: Path) -> None:
    assert install_example(site) == "lamppost-driver-si7021 1.0"
    model = registry.load("si7021")
    assert [channel.name for channel in model.channels] == ["temperature", "humidity"]


def test_plugins_are_listed_without_running_their_code(site: Path) -> None:
    install(site, "city-bad", "raise SystemExit('this code must not run')", model="bad")
    assert [plugin.name for plugin in plugins.plugins()] == ["bad"]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import city_nowhere", "ModuleNotFoundError: No module named 'city_nowhere'"),
        ("def", "SyntaxError"),
        ("X = 1", "AttributeError: module 'city_odd' has no attribute 'MODEL'"),
        ("MODEL = 3", "city_odd.MODEL is no I2cModel"),
        (GOOD, "its model calls itself 'good'"),
    ],
    ids=["import", "syntax", "no model", "no model either", "another name"],
)
def test_load_of_a_broken_plugin_names_package_and_version(code: str, problem: str, site: Path) -> None:
    install(site, "city-odd", code, model="odd", version="0.3")
    sys.modules.pop("city_odd", None)
    with pytest.raises(PluginError) as caught:
        registry.load("odd")
    assert str(caught.value).startswith("sensor model 'odd' of city-odd 0.3: ")
    assert problem in str(caught.value)
    assert caught.value.packages == ("city-odd 0.3",)


def test_conflict_with_a_built_in_model_names_package_and_version(site: Path) -> None:
    install(site, "city-weather", GOOD, model="bme280")
    (error,) = plugins.conflicts(registry.MODELS).values()
    assert str(error).startswith("sensor model 'bme280' of city-weather 1.0: a model of that name is built in")
    assert registry.load("bme280").title == "Bosch Sensortec BME280", "the built-in one is never replaced"


def test_conflict_of_two_packages_names_both(site: Path) -> None:
    record(site, "city-a", models={"rain": "a"})
    record(site, "city-b", version="2", models={"rain": "b"})
    assert list(plugins.conflicts(registry.MODELS)) == ["rain"]
    assert "city-a 1.0 and city-b 2" in str(plugins.conflicts(registry.MODELS)["rain"])


def test_other_packages_and_unreadable_ones_are_passed_over(site: Path) -> None:
    (site / "other-1.0.dist-info").mkdir()
    (site / "other-1.0.dist-info" / "entry_points.txt").write_text("[console_scripts]\nx = y:z\n")
    (site / "none-1.0.dist-info").mkdir()
    (site / "odd.dist-info").write_text("")
    assert plugins.plugins() == ()


def test_load_of_a_built_in_model_needs_no_metadata_and_no_plugin_code(tmp_path: Path) -> None:
    install(tmp_path, "city-bad", "raise SystemExit('this code must not run')", model="bad")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from drivers import registry; registry.load('bme280')\n"
        "print(*[m for m in ('importlib.metadata', 'drivers.plugins', 'city_bad') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
