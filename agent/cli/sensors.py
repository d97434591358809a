"""`lamppost sensors [MODEL]`: every sensor model there is, what it measures, and what agrees with it.

Exit codes: 0 shown; 1 there is no such model, or one of those that are listed cannot be used; 2 the command line is
wrong.
"""

import argparse
import json
from pathlib import Path

from agent.cli.main import DEFAULT_FILE, FAILED, OK
from agent.cli.sensors_facts import Entry, find, listed
from agent.config.catalogue import Catalogue, installed
from agent.errors import LamppostError
from agent.tomlfile import did_you_mean


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("model", nargs="?", help="one of them only; default: all")
    parser.add_argument(
        "--file",
        type=Path,
        default=DEFAULT_FILE,
        help="configuration beside whose devices folder is looked into as well; default: %(default)s",
    )
    parser.add_argument("--short", action="store_true", help="one line for each model")
    parser.add_argument("--json", action="store_true", help="print it for programs")


def run(options: argparse.Namespace) -> int:
    """Print the models; return whether all of them can be used."""
    catalogue = installed(options.file.parent)
    entries = listed(catalogue) if options.model is None else [_one(options.model, catalogue)]
    if options.json:
        print(json.dumps({"models": [entry.plain() for entry in entries]}, indent=2, ensure_ascii=False))
    else:
        from agent.cli.sensors_page import render  # noqa: PLC0415 - rich is slow to import

        render(entries, short=options.short, counted=options.model is None)
    return FAILED if any(entry.problem for entry in entries) else OK


def _one(name: str, catalogue: Catalogue) -> Entry:
    """Return the entry of a model.

    Raises:
        LamppostError: there is none.
    """
    entry = find(catalogue, name)
    if entry is not None:
        return entry
    known = sorted(entry.name for entry in listed(catalogue))
    near = did_you_mean(name, known)
    raise LamppostError(
        f"there is no sensor model {name!r}; {near}"
        if near
        else f"there is no sensor model {name!r}; expected one of {', '.join(known)}"
    )
