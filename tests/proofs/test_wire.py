"""The proof of the bytes on the wire, shortened; it needs a network namespace, and so a process of its own."""

import os
import subprocess
import sys

import pytest

from tests.proofs.wire import wrong
from tests.proofs.wire_scene import Compared
from tests.support.capture import Traffic
from tests.support.process import ROOT


@pytest.mark.broker
def test_units_count_what_is_on_the_wire() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.proofs.wire", "--short"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode == 2 and os.geteuid():
        return  # not root: the proof says so
    assert done.returncode == 0, done.stdout + done.stderr
    assert "control without headers: fails, as it must" in done.stdout


def _compared(*, counted: int, wire: int = 10_000, largest: int = 1500, sent: int = 3) -> Compared:
    traffic = Traffic(packets=10, ip_bytes=wire, largest=largest)
    return Compared(scene="s", unit="u", wire=traffic, counted=counted, sent=sent, sessions=1, tries=1)


@pytest.mark.parametrize("counted", [9_501, 10_000, 10_499])
def test_count_within_five_per_cent_holds(counted: int) -> None:
    assert wrong(_compared(counted=counted)) == []


@pytest.mark.parametrize(
    ("found", "part"),
    [
        (_compared(counted=10_600), "+6.0 %"),
        (_compared(counted=9_400), "-6.0 %"),
        (_compared(counted=10_000, sent=0), "nothing to compare"),
        (_compared(counted=10_000, largest=9000), "offloading"),
    ],
)
def test_count_that_means_nothing_or_is_off_is_told(found: Compared, part: str) -> None:
    assert any(part in problem for problem in wrong(found))
