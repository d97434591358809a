"""omnipresense listens to the simulated radar on a pseudo-terminal and gets the speeds that it reports.

It takes the directions ``+`` and ``-`` only, and anything else, also the maker's own ``inbound`` (OPS242-A User
Manual, OPS-UM-001-C, page 8), for receding. So it is shown the signs that it expects.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.sim.line import SimulatedLine
from drivers.sim.ops243 import SimulatedOps243

pytestmark = pytest.mark.simulated("speeds are of people")

_SECONDS = 5.0


@pytest.mark.parametrize("m_s", [13.89, -8.33, 42.0])
def test_omnipresense_reads_what_the_simulated_radar_reports(
    m_s: float, tmp_path: Path, foreign: Callable[[str], Any], agree: Callable[..., None]
) -> None:
    library = foreign("omnipresense")
    simulated = SimulatedOps243(signs=("+", "-"))
    simulated.command(b"UM\nF2\nOJ\nOM\n")
    heard: list[Any] = []
    arrived = threading.Event()

    def on_report(report: Any) -> None:
        heard.append(report)
        arrived.set()

    line: SimulatedLine

    def answer(data: bytes) -> None:
        line.send(simulated.command(data.replace(b"?\n", b"?P\n")))

    with SimulatedLine(tmp_path / "radar", on_receive=answer) as line:
        radar = library.create_radar("OPS243-A", str(line.link), baudrate=19200)
        assert radar.open()
        radar.start_streaming(on_report)
        line.send(simulated.report(m_s, magnitude=321))
        assert arrived.wait(_SECONDS)
        radar.close()
    (report,) = heard
    agree(
        "ops243",
        "omnipresense",
        shown={"speed": abs(m_s), "magnitude": 321, "inbound": float(m_s > 0)},
        read={
            "speed": report.speed,
            "magnitude": report.magnitude,
            "inbound": float(report.direction is library.Direction.APPROACHING),
        },
        within={"speed": 0.005, "magnitude": 0, "inbound": 0},
    )
