"""Finds every mistake of a unit's configuration file in one run.

In: a document and the sensor models. Out: a report, and the settings when nothing is wrong. Never: stops at the first
mistake, or repeats one as another: a rule that needs a value that was reported stays silent.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from agent.config.catalogue import Catalogue
from agent.config.check_bus import Buses, check_buses
from agent.config.check_control import check_control
from agent.config.check_line import check_lines
from agent.config.check_mux import check_addresses
from agent.config.check_quiet import check_clock_sensor
from agent.config.check_rest import check_budget, check_buffer, check_clock, check_unused
from agent.config.check_sensor import Sensors, check_sensors
from agent.config.check_size import check_size
from agent.config.check_stream import Streams, check_streams
from agent.config.check_unit import check_unit
from agent.config.check_uplink import check_uplink
from agent.config.model import Configuration
from agent.config.model_delivery import DEFAULT_STATUS
from agent.config.plans import Settings
from agent.config.resolve import resolve
from agent.tomlfile import Document, Duration, Report, Table
from agent.tomlfile import check as check_model


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check.

    Attributes:
        report: mistakes and warnings.
        settings: what the file says, None when there are mistakes.
    """

    report: Report
    settings: Settings | None


def check(document: Document, catalogue: Catalogue, *, folder: Path) -> Outcome:
    """Return every mistake of a configuration, and its settings when there is none.

    Args:
        document: the file.
        catalogue: the sensor models.
        folder: what relative paths in the file count from.
    """
    report = Report()
    root = check_model(document, Configuration, report=report)
    location = check_unit(root.table("unit"))
    buses = check_buses(root)
    sensors = check_sensors(root, buses, catalogue)
    check_addresses(root, buses, sensors)
    check_lines(root, buses, sensors=sensors, installed=catalogue.names)
    streams = check_streams(root, sensors, contact=root.table("unit").text("contact"))
    if "uplink" in root.values:
        check_uplink(root.table("uplink"))
    _check_rest(root, buses, sensors, streams)
    if report.errors():
        return Outcome(report, None)
    configuration = msgspec.convert(root.plain(), Configuration)
    settings = resolve(configuration, location=location, buses=buses, sensors=sensors, streams=streams, folder=folder)
    check_size(root, settings)
    return Outcome(report, None if report.errors() else settings)


def _check_quiet_clock(root: Table, sensors: Sensors) -> None:
    clock = root.table("clock")
    plan = sensors.plans.get(clock.text("gnss") or "") if clock.text("source") == "gnss" else None
    if plan is not None:
        check_clock_sensor(root.tables("sensor")[plan.name], plan)


def _check_rest(root: Table, buses: Buses, sensors: Sensors, streams: Streams) -> None:
    uplink = root.table("uplink")
    check_buffer(root.table("buffer"))
    check_clock(root.table("clock"), sensors)
    check_control(root.table("control"))
    _check_quiet_clock(root, sensors)
    status = uplink.get("status_interval", Duration) or DEFAULT_STATUS
    check_budget(root.table("budget"), streams.plans, tls=uplink.values.get("tls") is not False, status=status)
    check_unused(root, buses, sensors, streams)
