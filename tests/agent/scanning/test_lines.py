"""The look at a port, over the real pyserial on pseudo-terminals."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agent.scanning.candidates import Candidates, OnLine
from agent.scanning.findings import Port
from agent.scanning.lines import LineScan, Patience
from drivers.sim.line import SimulatedLine
from drivers.sim.modbus import SimulatedModbus, SimulatedSlave


@cache
def hasty() -> tuple[OnLine, ...]:
    """Return all models, none of which has long to answer."""
    found = []
    for each in Candidates.built_in().lines:
        questions = tuple(replace(question, wait_s=0.1) for question in each.identity.questions)
        found.append(replace(each, identity=replace(each.identity, questions=questions)))
    return tuple(found)


class Heard:
    """What a scan said that it would send."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def __call__(self, _path: str, sent: bytes, _to: str) -> None:
        self.sent.append(sent)


async def _look(link: Path, *, listen_s: float = 0.05, slaves: int = 0) -> tuple[Port, list[bytes]]:
    heard = Heard()
    patience = Patience(listen_s=listen_s, slaves=slaves, say=heard)
    return await LineScan(str(link), hasty(), patience).run(), heard.sent


async def _while_speaking(
    look: Coroutine[Any, Any, tuple[Port, list[bytes]]], line: SimulatedLine, text: bytes
) -> tuple[Port, list[bytes]]:
    """Return what `look` does while somebody speaks on the line, fifty times a second."""
    task = asyncio.ensure_future(look)
    while not task.done():
        line.send(text, timeout_s=0)
        await asyncio.wait([task], timeout=0.02)
    return task.result()


async def test_look_at_a_line_with_modbus_devices_finds_those_that_are_asked_and_reads_only(tmp_path: Path) -> None:
    slaves = {1: SimulatedSlave(holding={0: 7}), 3: SimulatedSlave()}
    with SimulatedModbus(tmp_path / "tty", slaves):
        port, sent = await _look(tmp_path / "tty", slaves=4)
    assert (port.slaves, port.baudrate, port.parity, port.matches) == ((1, 3), 9600, "none", ())
    assert [each[0] for each in sent[-4:]] == [1, 2, 3, 4]
    assert {each[1] for each in sent[-4:]} == {3}


async def test_look_at_a_line_on_which_somebody_speaks_unknown_things_sends_nothing(tmp_path: Path) -> None:
    with SimulatedLine(tmp_path / "tty") as line:
        look = _look(tmp_path / "tty", listen_s=0.5)
        port, sent = await _while_speaking(look, line, b"booting, please wait\n")
        assert line.receive(timeout_s=0) == b""
    assert (port.heard, port.matches, sent) == (True, (), [])


async def test_look_at_a_line_that_answers_a_question_about_rain_names_the_sensor(tmp_path: Path) -> None:
    line: SimulatedLine

    def reply(data: bytes) -> None:
        if data.endswith(b"R\n"):
            line.send(b"Acc  0.00 mm, EventAcc  0.00 mm, TotalAcc  1.11 mm, RInt  0.00 mmph\r\n")

    with SimulatedLine(tmp_path / "tty", on_receive=reply) as line:
        port, sent = await _look(tmp_path / "tty")
    assert (port.matches[0].model, port.baudrate) == ("rg15", 9600)
    assert sent[-1] == b"\nR\n"


async def test_look_at_a_port_that_is_not_there_says_so(tmp_path: Path) -> None:
    port, sent = await _look(tmp_path / "tty")
    assert "there is no such file" in port.problem
    assert sent == []


async def test_look_at_a_port_that_is_unplugged_meanwhile_says_so(tmp_path: Path) -> None:
    line: SimulatedLine
    with SimulatedLine(tmp_path / "tty", on_receive=lambda _data: line.unplug()) as line:
        port, _ = await _look(tmp_path / "tty")
    assert port.problem != ""


@pytest.mark.parametrize("slaves", [0, 2])
async def test_look_at_a_silent_line_ends_with_nobody(slaves: int, tmp_path: Path) -> None:
    with SimulatedLine(tmp_path / "tty"):
        port, sent = await _look(tmp_path / "tty", slaves=slaves)
    assert port == Port(path=str(tmp_path / "tty"))
    assert len(sent) == 4 + slaves
