"""Storing: what is committed along with rows, when a declaration is renewed, and who is woken."""

from collections.abc import Sequence
from typing import Any

import pytest

from agent import storing
from agent.given import NAME as GIVEN
from agent.privacy.released import Released
from agent.service import Stages
from agent.storing import Storing
from agent.windows import Closed
from tests.support.agent_process import reached
from tests.support.outbox import row


class Heard:
    """What the outbox was handed, and how often the publisher was woken."""

    def __init__(self, stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
        self.contents: list[bytes] = []
        self.appended: list[tuple[list[Released], dict[str, Any]]] = []
        self.notified = 0
        declare, append = stages.outbox.declare, stages.outbox.append

        async def declared(content: bytes) -> None:
            self.contents.append(content)
            await declare(content)

        def appended(rows: Sequence[Released], **along: Any) -> object:  # noqa: ANN401 - whatever it is handed
            self.appended.append((list(rows), along))
            return append(rows, **along)

        monkeypatch.setattr(stages.outbox, "declare", declared)
        monkeypatch.setattr(stages.outbox, "append", appended)
        monkeypatch.setattr(stages.publisher, "notify", self._notify)

    def _notify(self) -> None:
        self.notified += 1


@pytest.fixture
def heard(stages: Stages, monkeypatch: pytest.MonkeyPatch) -> Heard:
    """What the stages hear."""
    return Heard(stages, monkeypatch)


def _closed(stages: Stages, *indices: int, early: bool = False) -> Closed:
    rows = [row(index, stream="weather", values=(index,)) for index in indices]
    return Closed(rows=rows, clock=stages.windows.timeline.stamp(), early=early)


async def test_declaration_is_put_into_the_store_once_and_again_when_it_says_something_else(
    stages: Stages, heard: Heard
) -> None:
    stages.reporter.simulation.found = False
    way = Storing(stages)
    stages.reporter.simulation.look = lambda: False  # type: ignore[method-assign]  # as on real buses
    real = await way.declare()
    assert await way.declare() == real
    stages.reporter.simulation.look = lambda: True  # type: ignore[method-assign]  # one was found
    assert await way.declare() != real
    assert len(set(heard.contents)) == len(heard.contents) == 2
    assert stages.reporter.sealer.simulated


async def test_windows_that_released_nothing_are_not_handed_over(stages: Stages, heard: Heard) -> None:
    await Storing(stages).store(lambda: _closed(stages))
    assert heard.appended == []
    assert len(heard.contents) == 1, "the declaration is there before the rows"


async def test_rows_are_handed_over_with_what_they_were_made_under(stages: Stages, heard: Heard) -> None:
    way = Storing(stages)
    await way.store(lambda: _closed(stages, 0, 1))
    ((rows, along),) = heard.appended
    assert [released.start_ms for released in rows] == [row(0).start_ms, row(1).start_ms]
    assert along["declaration"] == await way.declare()
    assert along["alarms"] == []
    await stages.outbox.flush()
    assert (await stages.outbox.stats()).rows_stored == 2


async def test_windows_given_out_are_noted_once_in_a_while_and_at_once_for_those_closed_early(
    stages: Stages, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = Storing(stages)
    await way.store(lambda: _closed(stages, 0))
    await way.store(lambda: _closed(stages, 1))
    await way.store(lambda: _closed(stages, 2, early=True))
    monkeypatch.setattr(storing, "_GIVEN_NS", 0)
    await way.store(lambda: _closed(stages, 3, early=True))
    await way.store(lambda: _closed(stages, 4))
    noted = [GIVEN in along["counters"] for _, along in heard.appended]
    assert noted == [True, False, True, True, True]


async def test_publisher_is_woken_when_rows_that_were_committed_can_be_sealed(stages: Stages, heard: Heard) -> None:
    await Storing(stages).store(lambda: _closed(stages, 0, 1, 2))
    assert heard.notified == 0, "nothing is committed yet"
    await stages.outbox.flush()
    await reached(lambda: heard.notified > 0)
    assert heard.notified == 1
