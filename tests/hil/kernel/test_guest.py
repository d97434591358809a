"""What the guest tells the host, without a guest."""

import json
import os
import socket
from collections.abc import Callable, Iterator

import pytest

from tests.hil.kernel import guest
from tests.hil.kernel.cases import Case
from tests.hil.kernel.guest import END, Wire, play
from tests.hil.kernel.stage import Finding, Host


@pytest.fixture
def line() -> Iterator[tuple[Wire, socket.socket]]:
    """A wire, and the host's end of it."""
    ours, theirs = socket.socketpair()
    with ours, theirs, os.fdopen(os.dup(ours.fileno()), "r+b", buffering=0) as port:
        theirs.settimeout(5)
        yield Wire(port), theirs


def told(host: socket.socket) -> list[dict[str, object]]:
    return [json.loads(row) for row in host.recv(65_536).splitlines()]


def case(play: Callable[[Host], Iterator[Finding]]) -> Case:
    return Case(name="some", title="Some", play=play)


def test_case_tells_its_findings_and_its_end(line: tuple[Wire, socket.socket]) -> None:
    def found(_host: Host) -> Iterator[Finding]:
        yield Finding(what="it works", holds=True, found="so", seconds=1.23456)

    wire, host = line
    play(case(found), wire)
    finding, ended = told(host)
    assert finding == {"case": "some", "what": "it works", "holds": True, "found": "so", "seconds": 1.23}
    assert ended["ended"] == "some"


def test_case_that_breaks_off_is_a_finding_that_does_not_hold(line: tuple[Wire, socket.socket]) -> None:
    def breaks(_host: Host) -> Iterator[Finding]:
        yield Finding(what="it works", holds=True, found="so")
        raise OSError("gone")

    wire, host = line
    play(case(breaks), wire)
    assert [row.get("holds") for row in told(host)] == [True, False, None]


def test_host_is_asked_and_its_answer_awaited(line: tuple[Wire, socket.socket]) -> None:
    wire, host = line
    host.sendall(b"done\n")
    wire.ask("pull serial")
    assert told(host) == [{"ask": "pull serial"}]


def test_host_that_refuses_fails_the_case(line: tuple[Wire, socket.socket]) -> None:
    def asks(host: Host) -> Iterator[Finding]:
        host.ask("dance")
        yield Finding(what="danced", holds=True, found="so")

    wire, host = line
    host.sendall(b"no\n")
    play(case(asks), wire)
    assert [row.get("holds") for row in told(host)] == [None, False, None]


def test_guest_without_a_host_ends(line: tuple[Wire, socket.socket], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest, "HOST_S", 0.01)
    assert line[0].receive() == END
