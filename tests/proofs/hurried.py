"""The agent with other deadlines of its uplink: `python -m tests.proofs.hurried HOW run FILE ...`.

`quick` waits 3 s for an acknowledgement instead of 30, for a proof that is shortened. `deaf` never finds that an
acknowledgement is overdue, for a negative control. The agent has no switch for either.
"""

import sys
from collections.abc import Callable, Mapping

from agent.cli.main import main
from agent.uplink.session import Session
from agent.uplink.settings import Timing

QUICK_S = 3.0


def _quick() -> None:
    defaults = Timing.__init__.__kwdefaults__
    assert defaults is not None
    defaults["ack_s"] = QUICK_S


def _deaf() -> None:
    Session._deadline_ns = lambda self: 1 << 62  # type: ignore[method-assign]  # noqa: ARG005 - the fault


WAYS: Mapping[str, Callable[[], None]] = {"quick": _quick, "deaf": _deaf}

if __name__ == "__main__":
    WAYS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
