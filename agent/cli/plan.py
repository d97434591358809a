"""`lamppost plan FILE`: what a configuration costs before it runs, and whether the budget holds.

Exit codes: 0 the budget holds; 1 it does not, or the file has mistakes; 2 the command line is wrong.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from agent.cli.main import DEFAULT_FILE, FAILED, OK
from agent.config import load
from agent.planning.flash import Card
from agent.planning.outages import Fate
from agent.planning.plan import OUTAGE_DAYS, Assumptions, Cap, Plan, make
from agent.tomlfile.quantities import Size

_MOST_DAYS: Final = 3660


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    card = Card()
    parser.add_argument("file", type=Path, nargs="?", default=DEFAULT_FILE, help="default: %(default)s")
    parser.add_argument(
        "--outage",
        type=_number(most=_MOST_DAYS),
        action="append",
        metavar="DAYS",
        help="look at an outage of so many days; may be given again; default: 1, 7 and 30",
    )
    parser.add_argument(
        "--connections",
        type=_number(most=100_000),
        default=1.0,
        metavar="N",
        help="connections made in a day; default: %(default)g",
    )
    parser.add_argument(
        "--alarms",
        type=_number(most=144),
        default=2.0,
        metavar="N",
        help="changes of each alarm in a day; default: %(default)g",
    )
    parser.add_argument(
        "--card", type=_size, default=card.size_bytes, metavar="SIZE", help="the card's size; default: 32GB"
    )
    parser.add_argument(
        "--cycles",
        type=_number(most=1_000_000),
        default=float(card.cycles),
        metavar="N",
        help="how often its cells may be written; default: %(default)g, the least that is told of consumer cards",
    )
    parser.add_argument(
        "--amplification",
        type=_number(most=1000, least=1.0),
        default=card.amplification,
        metavar="N",
        help="bytes that it writes for each byte that it is given; default: %(default)g, an assumption",
    )
    parser.add_argument("--json", action="store_true", help="print numbers for programs")
    parser.epilog = "Exit codes: 0 the budget holds, 1 it does not or the file has mistakes."


def run(options: argparse.Namespace) -> int:
    """Print the plan; return whether it holds."""
    plan = make(load(options.file), _assumptions(options))
    if options.json:
        print(json.dumps(_plain(plan), indent=2))
    else:
        from agent.cli.plan_page import render  # noqa: PLC0415 - rich is slow to import

        render(plan)
    return OK if plan.holds else FAILED


def _assumptions(options: argparse.Namespace) -> Assumptions:
    return Assumptions(
        outage_days=tuple(options.outage or OUTAGE_DAYS),
        connections_a_day=options.connections,
        changes_a_day=options.alarms,
        card=Card(size_bytes=int(options.card), cycles=int(options.cycles), amplification=options.amplification),
    )


def _number(*, most: float, least: float = 0.0) -> Callable[[str], float]:
    """Return what reads a number of an option; above zero."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not (least <= value <= most and value > 0):
            bound = f"from {least:g}" if least else "above 0"
            raise argparse.ArgumentTypeError(f"expected a number {bound} up to {most:g}, found {text!r}")
        return value

    return read


def _size(text: str) -> int:
    try:
        size = int(Size.parse(text))
    except ValueError:
        size = 0
    if size <= 0:
        raise argparse.ArgumentTypeError(f'expected a size such as "32GB", found {text!r}')
    return size


def _plain(plan: Plan) -> dict[str, Any]:
    """Return everything, the conclusions included, as plain values."""
    return {
        **{field.name: getattr(plan, field.name) for field in fields(plan) if field.name in _AS_THEY_ARE},
        "holds": plan.holds,
        "assumptions": asdict(plan.assumptions),
        "lanes": plan.traffic.lanes,
        "control": dict(plan.traffic.parts),
        "month_bytes": plan.traffic.month_bytes,
        "streams": [asdict(cost) for cost in plan.traffic.streams],
        "budget": [_cap(cap) for cap in plan.caps],
        "outages": [
            {
                **asdict(outage),
                "fates": [_fate(fate) for fate in outage.fates],
            }
            for outage in plan.outages
        ],
        "flash": {
            "bytes_a_day": round(plan.writes.bytes),
            "commits_a_day": round(plan.writes.commits),
            "bytes_a_row": round(plan.writes.row_bytes),
            "budget_a_day": plan.flash_budget_bytes,
            "card_years": round(plan.card_years, 1),
        },
    }


_AS_THEY_ARE: Final = frozenset({"unit", "capacity_bytes", "waiting_bytes_a_day", "days_of_buffer"})


def _fate(fate: Fate) -> dict[str, Any]:
    return asdict(fate) | {"lost_share": round(fate.lost_share, 4), "dropped_share": round(fate.dropped_share, 4)}


def _cap(cap: Cap) -> dict[str, Any]:
    return asdict(cap) | {"holds": cap.holds, "margin": round(cap.margin, 4)}
