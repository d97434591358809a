"""A chip that hangs and goes on answering: from its registers to the page that somebody in the city reads."""

import io
import json
import time
from pathlib import Path

from rich.console import Console

from receiver.cli.page import render
from receiver.report import Report
from tests.support.agent_process import REST, WEATHER, Site, running
from tests.support.city import Broker, Receiver
from tests.support.process import until

STUCK = WEATHER.replace('interval = "1s"', 'interval = "1s"\nstuck_after = "2s"')


def _suspicion(site: Site) -> str | None:
    file = site.folder / "run" / "status.json"
    if not file.exists():
        return None
    found: str | None = json.loads(file.read_text())["sensors"]["weather"]["suspicion"]
    return found


def _page(store: Path) -> str:
    report, text = Report(store), io.StringIO()
    try:
        known = report.show()
    finally:
        report.close()
    render(known, now_ms=time.time_ns() // 10**6, console=Console(file=text, width=200, markup=False))
    return text.getvalue()


async def test_city_is_told_of_a_chip_that_is_stuck_on_one_value(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    site = Site(tmp_path, port=broker.port, parts=(STUCK,), rest=REST)
    city = Receiver(tmp_path, port=broker.port, key=site.receiver)
    city.configure({"corner": site.key})
    site.plug()
    try:
        with running(site, options=("--status-every", "0.2")) as agent:
            agent.until(lambda: _suspicion(site) is not None, what="the suspicion")
            await broker.start()
            await city.start()
            said = "corner: sensor weather may be stuck on one value; the unit has suspected it for less than a day"
            await until(lambda: said in _page(city.store), what="the suspicion at the city")
    finally:
        await city.stop()
        await broker.stop()
        site.adapter.close()
