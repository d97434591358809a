"""A broken agent, for the controls of `tests.proofs.month`: `python -m tests.proofs.month_agent HOW run FILE ...`."""

import contextlib
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from unittest.mock import patch

from agent.budget import Budget
from agent.buffer.envelopes import Envelopes
from agent.buffer.records import Lane, Outgoing

_ORDER = (Lane.CONTROL, Lane.BACKLOG, Lane.ALARM, Lane.LIVE)
_outgoing = Envelopes.outgoing


def _past_first(self: Envelopes, *, after: int, limit: int, max_bytes: int, lane: Lane | None) -> list[Outgoing]:
    """Hand out the backlog before the present."""
    found: list[Outgoing] = []
    for wanted in _ORDER if lane is None else (lane,):
        left = limit - len(found)
        found += _outgoing(self, after=after, limit=left, max_bytes=max_bytes, lane=wanted) if left else []
    return found


BROKEN: Mapping[str, Callable[[], AbstractContextManager[object]]] = {
    "the past first": lambda: patch.object(Envelopes, "outgoing", _past_first),
    "no budget": lambda: patch.object(Budget, "wait_s", lambda *_: 0.0),
}


if __name__ == "__main__":
    from agent.cli.main import main

    with contextlib.ExitStack() as faults:
        for name in sys.argv[1].split(","):
            faults.enter_context(BROKEN[name]())
        sys.exit(main(sys.argv[2:]))
