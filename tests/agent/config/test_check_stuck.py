import pytest

from tests.support.config_files import edited, errors, only, resolved


def written(sensor: str, value: str) -> str:
    """Return the file with this key in the section of a sensor."""
    section = f"[sensor.{sensor}]\n"
    return edited((section, f'{section}stuck_after = "{value}"\n'))


@pytest.mark.parametrize(("value", "seconds"), [("6h", 21_600), ("0s", 0)])
def test_stuck_after_becomes_seconds(value: str, seconds: float) -> None:
    sensors = {sensor.name: sensor for sensor in resolved(written("air", value)).sensors}
    assert sensors["air"].stuck_after_s == seconds
    assert sensors["scan"].stuck_after_s is None


def test_check_of_stuck_after_more_than_thirty_days_reports_it() -> None:
    assert [key for _, key in errors(written("air", "31d"))] == ["sensor.air.stuck_after"]


def test_check_of_stuck_after_on_a_sensor_that_only_counts_people_warns_that_it_has_no_effect() -> None:
    problem = only(written("scan", "6h"))
    assert (problem.code, problem.key) == ("no-effect", "sensor.scan.stuck_after")
