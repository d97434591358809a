"""What `make hil-kernel` makes of what it is told, without a boot."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.hil.kernel import image, runner
from tests.hil.kernel.cases import CASES
from tests.hil.kernel.runner import FAILED, HOLDS, MISSING, main
from tests.hil.kernel.unit import Counts, missed


class FakeMachine:
    """A guest that says what it is told to say."""

    def __init__(self, console: Path, lines: Sequence[dict[str, Any]]) -> None:
        self.console = console
        self.sent: list[str] = []
        self._lines = lines
        console.write_text("the console\n")

    def lines(self) -> Iterator[dict[str, Any]]:
        yield from self._lines

    def send(self, line: str) -> None:
        self.sent.append(line)


Guest = Callable[..., FakeMachine]


@pytest.fixture
def guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Guest:
    def make(*lines: dict[str, Any]) -> FakeMachine:
        machine = FakeMachine(tmp_path / "console", [{"ready": "6.1"}, *lines])

        @contextmanager
        def booted(**_options: object) -> Iterator[FakeMachine]:
            yield machine

        monkeypatch.setattr(runner, "booted", booted)
        return machine

    return make


def finding(*, holds: bool, case: str = "once") -> dict[str, Any]:
    return {"case": case, "what": "it", "holds": holds, "found": "so", "seconds": 1.5}


ENDED = {"ended": "once", "seconds": 2.0}


def test_case_whose_findings_all_hold_holds(guest: Guest, capsys: pytest.CaptureFixture[str]) -> None:
    machine = guest(finding(holds=True), ENDED)
    assert main(["once"]) == HOLDS
    assert machine.sent == ["once", "end"]
    told = capsys.readouterr().out
    assert "holds  once: the agent reads chips through the real i2c-dev (2.0 s)" in told
    assert "hil-kernel: holds, 1 cases" in told


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([finding(holds=True), finding(holds=False), ENDED], id="one finding does not hold"),
        pytest.param([ENDED], id="nothing was found"),
        pytest.param([finding(holds=True)], id="the guest ended first"),
        pytest.param([], id="the guest never began"),
    ],
)
def test_case_that_does_not_hold_to_its_end_fails(
    lines: list[dict[str, Any]], guest: Guest, capsys: pytest.CaptureFixture[str]
) -> None:
    guest(*lines)
    assert main(["once"]) == FAILED
    told = capsys.readouterr().out
    assert "hil-kernel: FAILED (once), 1 cases" in told
    assert "the console" in told


def test_guest_that_does_not_even_boot_fails(guest: Guest, capsys: pytest.CaptureFixture[str]) -> None:
    guest()._lines = []
    assert main(["once"]) == FAILED
    assert "the console" in capsys.readouterr().out


def test_name_of_no_case_is_told_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["onec"]) == MISSING
    told = capsys.readouterr().err
    assert "no case 'onec'; there are: tools, once, " in told


def test_list_names_every_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == HOLDS
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(CASES)


def test_machine_without_qemu_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(image, "find_program", lambda _name: None)
    assert main(["agreement"]) == MISSING
    told = capsys.readouterr().err
    assert "sudo apt install qemu-system-x86 busybox-static cpio kmod" in told


def test_machine_of_another_type_is_told_why_it_cannot(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert main(["agreement"]) == MISSING
    assert "needs a machine of type x86_64" in capsys.readouterr().err


def test_kernel_that_cannot_be_downloaded_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(image, "find_program", lambda name: name)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["agreement"]) == MISSING
    assert "cannot be downloaded" in capsys.readouterr().err


def test_case_without_its_program_is_skipped_with_what_to_install(
    guest: Guest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = guest(finding(holds=True), ENDED)
    monkeypatch.setattr(runner, "find_program", lambda _name: None)
    assert main(["tools", "once"]) == HOLDS
    assert machine.sent == ["once", "end"]
    assert "skipped tools:" in (told := capsys.readouterr().out)
    assert "(sudo apt install i2c-tools)" in told


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        pytest.param(Counts(20.0, 20, 0, 0), 0, id="all there"),
        pytest.param(Counts(20.0, 18, 0, 0), 0, id="two may be on their way"),
        pytest.param(Counts(20.0, 17, 0, 0), 1, id="one not there"),
        pytest.param(Counts(20.0, 20, 1, 0), 1, id="one failed"),
        pytest.param(Counts(20.0, 20, 0, 2), 2, id="two skipped"),
    ],
)
def test_samples_that_a_witness_misses_are_counted(after: Counts, lost: int) -> None:
    assert missed(Counts(0.0, 0, 0, 0), after, interval_s=1.0) == lost
