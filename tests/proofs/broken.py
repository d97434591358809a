"""Agents with one deliberate fault, for negative controls: `python -m tests.proofs.broken FAULT run FILE ...`.

The agent has no switch for any of this: its code is changed in memory, then its command line is run.
"""

import sys
from collections.abc import Callable, Mapping

from agent.buffer.intake import Future
from agent.buffer.work import Rows
from agent.buffer.worker import Worker
from agent.cli.main import main
from agent.uplink.settings import Delivery
from agent.uplink.window import Acknowledged, Window


def report_early() -> None:
    """Report rows as stored when they are handed to the outbox, before their commit."""
    put_rows = Worker.put_rows
    count = 0

    def put(self: Worker, rows: Rows, future: Future) -> None:
        nonlocal count
        put_rows(self, rows, future)
        reported, self._on_stored = self._on_stored or report[0], None
        report[0] = reported
        lines = []
        for row in rows.rows:
            count += 1
            lines.append((row.stream, count, row.start_ms))
        reported(lines)

    report: list[Callable[..., None]] = [lambda _rows: None]
    Worker.put_rows = put  # type: ignore[method-assign]  # the fault


def trust_puback() -> None:
    """Let go of an envelope when the broker has acknowledged it, without the receiver's receipt."""
    acknowledged = Window.acknowledged

    def trusting(self: Window, mid: int, code: int, *, now_ns: int) -> Acknowledged | None:
        object.__setattr__(self.settings, "delivery", Delivery.BROKER)
        return acknowledged(self, mid, code, now_ns=now_ns)

    Window.acknowledged = trusting  # type: ignore[method-assign]  # the fault


FAULTS: Mapping[str, Callable[[], None]] = {"report-early": report_early, "trust-puback": trust_puback}

if __name__ == "__main__":
    FAULTS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
