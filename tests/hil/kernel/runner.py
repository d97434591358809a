"""Boots the real kernel in QEMU and plays cases in it: the agent on I2C and USB serial devices that are pulled.

In: names of cases. Out: a line for each finding, a line for each case with its verdict and time. Never: root's rights
on this machine.

Exit codes: 0 every case holds; 1 one does not; 2 it cannot be run here, with what to install, or the name is unknown.
"""

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.hil.kernel import image
from tests.hil.kernel.cases import CASES, Case
from tests.hil.kernel.image import Missing
from tests.hil.kernel.initramfs import initramfs
from tests.hil.kernel.machine import Machine, booting
from tests.support.broker import find_program

HOLDS, FAILED, MISSING = 0, 1, 2
_WHAT_WIDTH: Final = 68
_CONSOLE_TAIL: Final = 3000


@dataclass(slots=True)
class Outcome:
    """What a case came to.

    Attributes:
        case: which.
        findings: as the guest told them.
        seconds: it took; None while it has not ended.
    """

    case: Case
    findings: list[dict[str, Any]] = field(default_factory=list)
    seconds: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it ended, found something, and all of that holds."""
        return self.seconds is not None and bool(self.findings) and all(told["holds"] for told in self.findings)

    def row(self) -> str:
        """Return its line."""
        verdict = "holds" if self.holds else "FAILED"
        took = "never ended" if self.seconds is None else f"{self.seconds:.1f} s"
        return f"{verdict:<7}{self.case.name}: {self.case.title} ({took})"


@contextlib.contextmanager
def booted(*, processors: int = 2, keep: Callable[[Path], None] = shutil.rmtree) -> Iterator[Machine]:
    """Boot, and kill the machine at the end.

    Args:
        processors: that it has; with one it takes longer and costs less.
        keep: is given the folder of its files at the end: the guest's console among them.

    Raises:
        Missing: something is not installed, or the kernel cannot be downloaded.
    """
    kernel = image.kernel()
    folder = Path(tempfile.mkdtemp(prefix="lp-qemu-"))  # short: names of sockets are below it
    try:
        command = booting(folder, image=kernel.image, initramfs=initramfs(kernel, folder), processors=processors)
        with Machine(folder, command) as machine:
            yield machine
    finally:
        keep(folder)


def play(machine: Machine, cases: Sequence[Case], *, tell: Callable[[str], None] = print) -> list[Outcome]:
    """Play cases one after the other in a machine that boots; return what they came to."""
    lines, began_s, outcomes = machine.lines(), time.monotonic(), list[Outcome]()
    first = next(lines, None)
    if first is None:
        return outcomes
    tell(f"Linux {first['ready']} is up ({time.monotonic() - began_s:.0f} s)")
    for case in cases:
        outcomes.append(outcome := Outcome(case))
        machine.send(case.name)
        for told in lines:
            if told.get("ended") == case.name:
                outcome.seconds = told["seconds"]
                break
            outcome.findings.append(told)
            tell(finding_row(told))
        tell(outcome.row())
        if outcome.seconds is None:
            return outcomes
    machine.send("end")
    return outcomes


def finding_row(told: dict[str, Any]) -> str:
    """Return the line of a finding."""
    took = "" if told["seconds"] is None else f"{told['seconds']:.1f} s"
    mark = " " if told["holds"] else "!"
    return f"  {mark} {told['what']:<{_WHAT_WIDTH}} {took:>7}  {told['found']}"


def lacks(case: Case) -> bool:
    """Return whether a case cannot be played on this machine."""
    return bool(case.program) and find_program(case.program) is None


def chosen_cases(names: Sequence[str]) -> list[Case]:
    """Return the cases of these names, all where there is none.

    Raises:
        KeyError: there is no such case.
    """
    return [CASES[name] for name in names] if names else list(CASES.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Play what is named, and print a verdict."""
    parser = argparse.ArgumentParser(prog="make hil-kernel", description=__doc__)
    parser.add_argument("case", nargs="*", help="names of cases; all where there is none")
    parser.add_argument("--list", action="store_true", help="list the cases")
    parser.add_argument("--keep", action="store_true", help="keep the files, the guest's console among them")
    chosen = parser.parse_args(arguments)
    if chosen.list:
        print("\n".join(f"{case.name:<20} {case.title}" for case in CASES.values()))
        return HOLDS
    try:
        cases = chosen_cases(chosen.case)
    except KeyError as error:
        print(f"hil-kernel: there is no case {error}; there are: {', '.join(CASES)}", file=sys.stderr)
        return MISSING
    return _run(cases, keep=chosen.keep)


def _run(cases: Sequence[Case], *, keep: bool) -> int:
    began_s, playable = time.monotonic(), [case for case in cases if not lacks(case)]
    for case in cases:
        if case not in playable:
            print(f"skipped {case.name}: {case.title} (sudo apt install {case.needs})")
    try:
        with booted(keep=_kept if keep else shutil.rmtree) as machine:
            outcomes = _played(machine, playable)
    except Missing as error:
        print(f"hil-kernel: cannot be run here: {error}", file=sys.stderr)
        return MISSING
    failed = [case.name for case in playable if not any(one.holds for one in outcomes if one.case is case)]
    verdict = f"FAILED ({', '.join(failed)})" if failed else "holds"
    print(f"hil-kernel: {verdict}, {len(playable)} cases ({time.monotonic() - began_s:.0f} s)")
    return FAILED if failed or not playable else HOLDS


def _played(machine: Machine, cases: Sequence[Case]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    try:
        outcomes = play(machine, cases, tell=lambda line: print(line, flush=True))
    except TimeoutError:
        print("the guest does not go on", flush=True)
    if not outcomes or not all(outcome.holds for outcome in outcomes):
        print(machine.console.read_text(errors="replace")[-_CONSOLE_TAIL:])
    return outcomes


def _kept(folder: Path) -> None:
    print(f"files kept in {folder}")
