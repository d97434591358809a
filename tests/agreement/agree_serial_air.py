"""pypms decodes what the simulated particle and gas sensors send, and gets what they show."""

from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.mhz19b import SimulatedMhz19b
from drivers.sim.pms5003st import SimulatedPms5003st
from drivers.sim.pms5003t import SimulatedPms5003t
from drivers.sim.pmsx003 import SimulatedPms
from drivers.sim.sds011 import SimulatedSds011
from drivers.sim.sds198 import SimulatedSds198

Agree = Callable[..., None]
Foreign = Callable[[str], Any]
Line = Any
_PM = {"pm1_0": "pm01", "pm2_5": "pm25", "pm10": "pm10", "pm2_5_cf1": "raw25", "n0_3": "n0_3", "n2_5": "n2_5"}
_PER_CM3 = dict.fromkeys(("n0_3", "n2_5", "n10"), 0.01)
"""Ours are particles in 0.1 litre."""


def _compare(agree: Agree, model: str, observed: Any, names: dict[str, str], shown: dict[str, float]) -> None:
    read = {name: float(getattr(observed, theirs)) for name, theirs in names.items()}
    agree(model, "pypms", shown=shown, read=read, within=dict.fromkeys(shown, 1e-9))


def _per_cm3(presented: dict[str, int | None], names: dict[str, str]) -> dict[str, float]:
    """Return what a sensor presents in pypms's units: particles in a cubic centimetre."""
    return {name: (presented[name] or 0) / (100 if name.startswith("n") else 1) for name in names}


@pytest.mark.hardware("pmsx003", **_PER_CM3)
@pytest.mark.parametrize("pm2_5", [3, 35, 480])
def test_pypms_reads_what_the_simulated_pmsx003_shows(
    pm2_5: float, foreign: Foreign, agree: Agree, line: Line
) -> None:
    simulated = SimulatedPms()
    simulated.set(pm2_5_ug_m3=pm2_5)
    names = {**_PM, "n10": "n10_0"}
    observed = foreign("pms.core.sensor").Sensor["PMSx003"].decode(line.heard(simulated.frame()), time=1)
    _compare(agree, "pmsx003", observed, names, _per_cm3(simulated.presented, names))


@pytest.mark.hardware("pms5003t", **_PER_CM3)
@pytest.mark.parametrize("celsius", [-20.5, 0, 41.7])
def test_pypms_reads_what_the_simulated_pms5003t_shows(
    celsius: float, foreign: Foreign, agree: Agree, line: Line
) -> None:
    simulated = SimulatedPms5003t()
    simulated.set(pm2_5_ug_m3=35)
    simulated.weather(temperature_c=celsius, humidity_pct=63.2)
    observed = foreign("pms.core.sensor").Sensor["PMS5003T"].decode(line.heard(simulated.frame()), time=1)
    shown = {**_per_cm3(simulated.presented, _PM), "temperature": celsius, "humidity": 63.2}
    _compare(agree, "pms5003t", observed, {**_PM, "temperature": "temp", "humidity": "rhum"}, shown)


@pytest.mark.hardware("pms5003st", formaldehyde=0.001, **_PER_CM3)
@pytest.mark.parametrize("celsius", [-20.5, 0, 41.7])
def test_pypms_reads_what_the_simulated_pms5003st_shows(
    celsius: float, foreign: Foreign, agree: Agree, line: Line
) -> None:
    simulated = SimulatedPms5003st()
    simulated.set(pm2_5_ug_m3=35)
    simulated.gas_and_weather(formaldehyde_ug_m3=71, temperature_c=celsius, humidity_pct=63.2)
    observed = foreign("pms.core.sensor").Sensor["PMS5003ST"].decode(line.heard(simulated.frame()), time=1)
    names = {**_PM, "n10": "n10_0", "formaldehyde": "HCHO", "temperature": "temp", "humidity": "rhum"}
    shown = {
        **_per_cm3(simulated.presented, {**_PM, "n10": ""}),
        "formaldehyde": 0.071,  # in milligrams
        "temperature": celsius,
        "humidity": 63.2,
    }
    _compare(agree, "pms5003st", observed, names, shown)


@pytest.mark.hardware("sds011")
@pytest.mark.parametrize("pm10", [0.3, 12.1, 999.9])
def test_pypms_reads_what_the_simulated_sds011_shows(pm10: float, foreign: Foreign, agree: Agree, line: Line) -> None:
    simulated = SimulatedSds011()
    simulated.set(pm2_5_ug_m3=0.2, pm10_ug_m3=pm10)
    observed = foreign("pms.core.sensor").Sensor["SDS01x"].decode(line.heard(simulated.frame()), time=1)
    _compare(agree, "sds011", observed, {"pm2_5": "pm25", "pm10": "pm10"}, {"pm2_5": 0.2, "pm10": pm10})


@pytest.mark.hardware("sds198")
@pytest.mark.parametrize("pm100", [0, 26, 15_000])
def test_pypms_reads_what_the_simulated_sds198_shows(
    pm100: float, foreign: Foreign, agree: Agree, line: Line
) -> None:
    simulated = SimulatedSds198()
    simulated.dust(pm100_ug_m3=pm100)
    observed = foreign("pms.core.sensor").Sensor["SDS198"].decode(line.heard(simulated.frame()), time=1)
    _compare(agree, "sds198", observed, {"pm100": "pm100"}, {"pm100": pm100})


@pytest.mark.hardware("mhz19b")
@pytest.mark.parametrize("ppm", [400, 1234, 9999])
def test_pypms_asks_the_simulated_mhz19b_and_reads_what_it_shows(
    ppm: float, foreign: Foreign, agree: Agree, line: Line
) -> None:
    sensor = foreign("pms.core.sensor").Sensor["MHZ19B"]
    command = sensor.command("passive_read").command
    answer = line.answered(command, SimulatedMhz19b(co2_ppm=ppm).command(command))
    _compare(agree, "mhz19b", sensor.decode(answer, time=1), {"co2": "CO2"}, {"co2": ppm})
