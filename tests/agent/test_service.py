"""The composer: what must hold before a unit runs, and what must not be left behind when it cannot."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.config import load
from agent.control.errors import ControlError
from agent.discipline import SystemDiscipline
from agent.errors import KeyFileError, LamppostError
from agent.selftest import findings
from agent.service import Stages, build
from agent.surroundings import Surroundings
from agent.wire import cose, keyfile, payload
from agent.wire.messages import Kind, Status
from tests.support.agent_process import FOOTFALL, WEATHER, Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A unit with a weather sensor."""
    site = Site(tmp_path, parts=(WEATHER, FOOTFALL))
    site.plug()
    yield site
    site.adapter.close()


def _around(**environment: str) -> Surroundings:
    return Surroundings(clock=SystemClock(SystemDiscipline()), environment=environment)


async def _built(site: Site, around: Surroundings | None = None, **found: str) -> Stages:
    settings, key = load(site.config), keyfile.load_private(site.folder / "unit.key")
    return await build(settings, tested=findings(settings) | found, key=key, around=around or _around())


async def test_build_opens_the_store_and_polls_nothing(site: Site) -> None:
    stages = await _built(site)
    assert (site.folder / "store" / "outbox.db").exists()
    assert (await stages.outbox.stats()).rows_stored == 0
    assert stages.reporter.pollers == []
    assert not stages.publisher.state().tries
    await stages.close()


async def test_build_without_a_receivers_key_makes_no_store(site: Site) -> None:
    site.config.write_text(site.config.read_text().replace(site.receiver.public.line, "nowhere.pub"))
    with pytest.raises(KeyFileError, match=r"nowhere\.pub"):
        await _built(site)
    assert site.kept == []


async def test_build_that_fails_later_lets_go_of_the_store(site: Site) -> None:
    with pytest.raises(LamppostError, match="NOTIFY_SOCKET"):
        await _built(site, _around(NOTIFY_SOCKET="nonsense"))
    await (await _built(site)).close()


async def test_build_of_a_second_unit_on_the_same_store_is_refused(site: Site) -> None:
    stages = await _built(site)
    with pytest.raises(ControlError, match="another process has the control state: an agent is running"):
        await _built(site)
    await stages.close()


async def test_stream_whose_self_test_fails_is_suspended_and_says_so(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="agent.assembly"):
        stages = await _built(site, footfall="it let an identifier through")
    status = payload.decode(
        Kind.STATUS,
        cose.verify(stages.reporter.status(online=True, session=1), key=site.key.public, kind=Kind.STATUS),
    )

    assert caplog.messages == [
        "stream footfall is suspended: its privacy self-test failed: it let an identifier through"
    ]
    assert isinstance(status, Status)
    assert list(status.suspended) == ["footfall"]
    assert set(stages.windows.counters()) == {"weather"}
    assert stages.reporter.snapshot()["suspended"] == {"footfall": "it let an identifier through"}
    await stages.close()
