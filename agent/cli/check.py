"""`lamppost check FILE`: every mistake in one run, where it is, what was expected and what was found.

The file is a unit's configuration, or describes one device; a device's examples are run.

Exit codes: 0 no mistake (warnings are none); 1 mistakes; 2 the file cannot be read.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.cli.main import DEFAULT_FILE, FAILED, OK, USAGE
from agent.config import Settings, examine
from agent.config.declared import examine_device, is_device
from agent.tomlfile import Problem, Report, Unusable, read
from drivers.model import Model


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("file", type=Path, nargs="?", default=DEFAULT_FILE, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print the result for programs")
    parser.epilog = "Exit codes: 0 no mistake, 1 mistakes, 2 the file cannot be read."


def run(options: argparse.Namespace) -> int:
    """Check the file, print what is wrong, and return the exit code."""
    file: Path = options.file
    found = None
    code = OK
    try:
        report, found = _examined(file)
        code = FAILED if report.errors() else OK
    except Unusable as error:
        report = Report([error.problem])
        code = FAILED if error.readable else USAGE
    print(_json(file, report) if options.json else _text(file, report, found))
    return code


def _examined(file: Path) -> tuple[Report, str | None]:
    """Return what is wrong with a file, and what it describes when nothing is."""
    document = read(file)
    if is_device(document):
        report, model = examine_device(document, name=file.stem)
        return report, None if model is None else _of_device(model, document.values["example"])
    outcome = examine(file)
    return outcome.report, None if outcome.settings is None else _of_unit(outcome.settings)


def _of_unit(settings: Settings) -> str:
    sensors, streams = _count(len(settings.sensors), "sensor"), _count(len(settings.streams), "stream")
    return f"Unit {settings.unit.id}: {sensors}, {streams}"


def _of_device(model: Model, examples: Sequence[Mapping[str, Any]]) -> str:
    """Return what a file describes, and which channels none of its examples has proven."""
    channels, held = _count(len(model.channels), "channel"), _count(len(examples), "example")
    proven = {name for example in examples for name in example.get("values", {})}
    rest = ", ".join(channel.name for channel in model.channels if channel.name not in proven)
    told = f"; no example has a value of {rest}: compare with what the device shows" if rest else ""
    return f"Device {model.name}: {channels}, {held} run as declared{told}"


def _json(file: Path, report: Report) -> str:
    return json.dumps(
        {
            "file": str(file),
            "errors": len(report.errors()),
            "warnings": len(report.warnings()),
            "problems": [_plain(file, problem) for problem in report.ordered()],
        },
        indent=2,
        ensure_ascii=False,
    )


def _plain(file: Path, problem: Problem) -> dict[str, str | int | None]:
    """Return a problem for programs; with its file where that is another one: the file of a device."""
    return problem.as_dict() | ({} if problem.file == str(file) else {"file": problem.file})


def _text(file: Path, report: Report, found: str | None) -> str:
    errors, warnings = len(report.errors()), len(report.warnings())
    parts = [report.text(), ""] if report.problems else []
    counted = f"{_count(errors, 'mistake')}, {_count(warnings, 'warning')}"
    if found is None:
        return "\n".join([*parts, f"{file}: {counted}. Correct the file and check it again."])
    return "\n".join([*parts, f"{file}: {counted}. {found}."])


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
