"""Which tests run with ``--hardware BUSFILE``, on which of the sensors that it lists, and why the others do not.

In: the command line, markers `hardware` and `simulated`. Out: tests with a parameter `listed`, skips with reasons.
Never: a test on a real chip that does not say of itself that it may be.
"""

from pathlib import Path

import pytest

from agent.errors import ConfigurationError
from tests.hil.busfile import BusFile, Listed, read_busfile

BUSFILE = pytest.StashKey[BusFile]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--hardware",
        type=Path,
        metavar="BUSFILE",
        help="run on the real sensors that this file lists: see tests/agreement/README.md",
    )


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--hardware")
    if path is not None:
        try:
            config.stash[BUSFILE] = read_busfile(path)
        except ConfigurationError as error:
            raise pytest.UsageError(str(error)) from error


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test for each listed sensor of its model; the one without a model for each that is listed."""
    busfile, marker = metafunc.config.stash.get(BUSFILE, None), metafunc.definition.get_closest_marker("hardware")
    if busfile is None or marker is None or "listed" not in metafunc.fixturenames:
        return
    wanted = [one for one in busfile.sensors if not marker.args or one.plan.model.name == marker.args[0]]
    if wanted:
        metafunc.parametrize("listed", wanted, indirect=True, ids=[one.plan.name for one in wanted])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what makes no sense on real chips, or on simulated ones, and say why."""
    busfile, ran = config.stash.get(BUSFILE, None), set[tuple[str, str]]()
    for item in items:
        why = _why_not(item, busfile, ran)
        if why:
            item.add_marker(pytest.mark.skip(reason=why))


def _why_not(item: pytest.Item, busfile: BusFile | None, ran: set[tuple[str, str]]) -> str:
    hardware, simulated = item.get_closest_marker("hardware"), item.get_closest_marker("simulated")
    if busfile is None:
        return "" if hardware is None or hardware.args else "is about real sensors: --hardware BUSFILE"
    if simulated is not None or hardware is None:
        return f"needs a simulated chip: {'it sets what is shown' if simulated is None else simulated.args[0]}"
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    listed = params.get("listed")
    if not isinstance(listed, Listed):
        return f"{busfile.name} lists no {hardware.args[0] if hardware.args else 'sensor'}"
    once = (item.nodeid.partition("[")[0], listed.plan.name)
    if once in ran:
        return "runs once: a real chip cannot be told what to show"
    ran.add(once)
    return ""
