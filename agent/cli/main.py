"""`lamppost`: finds the command, imports only that one, and turns errors into a line and an exit code.

Exit codes: 0 done; 1 it did not work (for `check`: there are mistakes); 2 the command line is wrong, or a file cannot
be read. A command is a module `agent.cli.<name>` with ``configure(parser)`` and ``run(args) -> int``; adding one is
adding a line to `COMMANDS`.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Final, NoReturn

from agent import __version__
from agent.errors import LamppostError

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
_INTERRUPTED: Final = 130
_COLUMNS: Final = 80
DEFAULT_FILE: Final = Path("/etc/lamppost/unit.toml")

COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "buffer": "tell what waits at this unit, check it, carry it by hand, mend it",
        "check": "find every mistake in a configuration file",
        "clock": "tell what the unit's clock is worth, and have it believed again",
        "control": "obey an order from a file, tell what is ordered, reset",
        "demo": "show a simulated street corner, from the sensors to the city",
        "disclosures": "export the record of what left this unit, or verify it",
        "explain": "tell in plain words what is sampled and what leaves",
        "keygen": "make a unit's key",
        "once": "read every sensor once; publish nothing",
        "plan": "foretell bytes, days of buffer, wear of the card",
        "probe": "show live values of one sensor, or keep a transcript",
        "run": "work until stopped; what systemd starts",
        "scan": "find out which sensors are there; print the TOML to paste",
        "schema": "print the JSON Schema of the configuration, for editors",
        "sensors": "list every sensor model, and what agrees with it",
        "status": "tell how the running agent is",
    }
)


class _Page(argparse.HelpFormatter):
    """As wide as the terminal. argparse asks `shutil` for that, with three compressors behind it, at every start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns())


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, then how it should be."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}\n{self.format_usage()}")


def _columns() -> int:
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal():
        return int(given)
    try:
        return os.get_terminal_size().columns
    except OSError:  # no terminal
        return _COLUMNS


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        print(f"lamppost {__version__}")
        parser.exit(OK)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _Parser(
        prog="lamppost", description="The agent inside a city's sensor field units.", formatter_class=_Page
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", parser_class=_Parser)
    chosen = next((word for word in given if not word.startswith("-")), None)
    if chosen is not None and chosen not in COMMANDS:
        parser.error(_unknown(chosen))
    for name, summary in COMMANDS.items():
        sentence = f"{summary[0].upper()}{summary[1:]}."
        command = commands.add_parser(name, help=summary, description=sentence, formatter_class=_Page)
        if name == chosen:
            import_module(f"agent.cli.{name}").configure(command)
    options = parser.parse_args(given)
    if chosen is None:
        parser.print_help()
        return USAGE
    return _run(chosen, options)


def _run(name: str, options: argparse.Namespace) -> int:
    try:
        code: int = import_module(f"agent.cli.{name}").run(options)
        sys.stdout.flush()
    except LamppostError as error:
        print(f"lamppost {name}: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code


def _unknown(name: str) -> str:
    from agent.tomlfile.suggest import did_you_mean  # noqa: PLC0415 - for mistakes only

    hint = did_you_mean(name, COMMANDS)
    return f"there is no command {name!r}; expected one of {', '.join(COMMANDS)}" + (f"; {hint}" if hint else "")


if __name__ == "__main__":
    sys.exit(main())
