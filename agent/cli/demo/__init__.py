"""`lamppost demo`: a simulated street corner, from the sensors to the city and back, in processes of its own.

Exit codes: 0 the city has exactly what the sensors showed; 1 it has not, or something could not be started; 2 the
command line is wrong.
"""

import argparse
from pathlib import Path
from typing import Final

_SECONDS: Final = 60
_SHORTEST_S: Final = 15
_LONGEST_S: Final = 86_400


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--seconds", type=_seconds, default=_SECONDS, metavar="N", help="default: %(default)s")
    parser.add_argument(
        "--broker",
        choices=("auto", "mosquitto", "amqtt"),
        default="auto",
        help="auto is mosquitto where it is installed, else amqtt",
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="make all files in this folder, and leave them there"
    )
    parser.add_argument("--plain", action="store_true", help="print lines instead of drawing")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="of the people who pass; default: %(default)s"
    )
    parser.add_argument(
        "--alter",
        action="store_true",
        help="negative control: alter one received value before the comparison, which must then fail",
    )
    parser.epilog = "Exit codes: 0 the city has exactly what the sensors showed, 1 it has not."


def run(options: argparse.Namespace) -> int:
    """Show the demonstration and return the exit code."""
    from agent.cli.demo.terminal import perform  # noqa: PLC0415 - rich and the rest only when it is shown

    return perform(options)


def _seconds(text: str) -> int:
    seconds = int(text)
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"expected {_SHORTEST_S} to {_LONGEST_S} seconds, found {text}")
    return seconds
