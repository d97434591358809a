"""Shared by the tests of what a unit's stages do together."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.clock import SystemClock
from agent.config import load
from agent.discipline import SystemDiscipline
from agent.selftest import findings
from agent.service import Stages, build
from agent.surroundings import Surroundings
from agent.wire import keyfile
from tests.support.agent_process import Site


@pytest.fixture
async def stages(tmp_path: Path) -> AsyncIterator[Stages]:
    """The stages of a unit with a weather sensor; nothing runs."""
    site = Site(tmp_path)
    site.plug()
    settings, key = load(site.config), keyfile.load_private(site.folder / "unit.key")
    around = Surroundings(clock=SystemClock(SystemDiscipline()), environment={})
    stages = await build(settings, tested=findings(settings), key=key, around=around)
    yield stages
    await stages.close()
    site.adapter.close()
