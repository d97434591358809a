"""Joins the demonstration to a terminal: where it is drawn, where its files are, how it is interrupted.

In: the command line. Out: an exit code. Never: files left behind, unless asked to keep them.
"""

import argparse
import asyncio
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console

from agent.cli.demo.broker import find
from agent.cli.demo.outcome import Outcome, Plan
from agent.cli.demo.play import Play
from agent.cli.demo.summary import judge, print_summary, print_verdict
from agent.cli.demo.view import LiveView, PlainView, View
from agent.cli.main import FAILED, OK

_TERMINATED: Final = 143


def perform(options: argparse.Namespace) -> int:
    """Play, print the summary and the comparison, and return the exit code."""
    console = Console(highlight=False)
    plan = Plan(seconds=options.seconds, broker=find(options.broker), seed=options.seed)
    live = console.is_terminal and not options.plain
    console.print(f"lamppost demo: {options.seconds} s, broker {plan.broker.name}, seed {options.seed}")
    with _folder(options.keep) as folder:
        view = LiveView(console) if live else PlainView(console)
        try:
            outcome = asyncio.run(_play(plan, folder=folder, view=view))
        except asyncio.CancelledError:  # SIGTERM or SIGHUP; everything is cleaned up
            return _TERMINATED
        comparison, problems, original = judge(outcome, altered=options.alter)
        print_summary(console, outcome)
        print_verdict(console, outcome, comparison, problems=problems, original=original)
        if options.keep is not None:
            console.print(
                f" Everything is in {folder}, the logs of the processes in {folder / 'logs'}.", soft_wrap=True
            )
    return OK if comparison.equal and not problems else FAILED


async def _play(plan: Plan, *, folder: Path, view: View) -> Outcome:
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with view:
        return await Play(plan, folder=folder, view=view).run()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Give the folder for all files: a temporary one, removed at the end, or the one to keep."""
    if keep is not None:
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="lamppost-demo-") as name:
        yield Path(name)
