"""`lamppost check FILE`: every mistake in one run, where it is, what was expected and what was found.

Exit codes: 0 no mistake (warnings are none); 1 mistakes; 2 the file cannot be read.
"""

import argparse
import json
from pathlib import Path

from agent.cli.main import DEFAULT_FILE, FAILED, OK, USAGE
from agent.config import Settings, examine
from agent.tomlfile import Report, Unusable


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("file", type=Path, nargs="?", default=DEFAULT_FILE, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print the result for programs")
    parser.epilog = "Exit codes: 0 no mistake, 1 mistakes, 2 the file cannot be read."


def run(options: argparse.Namespace) -> int:
    """Check the file, print what is wrong, and return the exit code."""
    file: Path = options.file
    settings = None
    code = OK
    try:
        outcome = examine(file)
        report, settings = outcome.report, outcome.settings
        code = FAILED if report.errors() else OK
    except Unusable as error:
        report = Report([error.problem])
        code = FAILED if error.readable else USAGE
    print(_json(file, report) if options.json else _text(file, report, settings))
    return code


def _json(file: Path, report: Report) -> str:
    return json.dumps(
        {
            "file": str(file),
            "errors": len(report.errors()),
            "warnings": len(report.warnings()),
            "problems": [problem.as_dict() for problem in report.ordered()],
        },
        indent=2,
        ensure_ascii=False,
    )


def _text(file: Path, report: Report, settings: Settings | None) -> str:
    errors, warnings = len(report.errors()), len(report.warnings())
    parts = [report.text(), ""] if report.problems else []
    counted = f"{_count(errors, 'mistake')}, {_count(warnings, 'warning')}"
    if settings is None:
        return "\n".join([*parts, f"{file}: {counted}. Correct the file and check it again."])
    what = f"{_count(len(settings.sensors), 'sensor')}, {_count(len(settings.streams), 'stream')}"
    return "\n".join([*parts, f"{file}: {counted}. Unit {settings.unit.id}: {what}."])


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
