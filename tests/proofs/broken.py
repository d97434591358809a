"""Agents with one deliberate fault, for negative controls: `python -m tests.proofs.broken FAULT run FILE ...`.

The agent has no switch for any of this: its code is changed in memory, then its command line is run.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from agent.buffer.core import Core
from agent.buffer.disclosures import Disclosures
from agent.buffer.intake import Future
from agent.buffer.orders import Orders
from agent.buffer.records import Link
from agent.buffer.work import Rows
from agent.buffer.worker import Worker
from agent.cli.main import main
from agent.obedience import Obedience
from agent.unit import Unit
from agent.uplink.settings import Delivery
from agent.uplink.window import Acknowledged, Window
from agent.wire.messages import Kind


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


def ignore_orders() -> None:
    """Put no control document down."""

    def take(self: Obedience, unverified_data: bytes) -> None:
        del self, unverified_data

    Obedience.take = take  # type: ignore[method-assign]  # the fault


def obey_in_words() -> None:
    """Answer as if it obeyed, and go on."""

    def govern(self: Core, orders: Orders) -> None:
        del self, orders

    async def suspend(self: Unit, streams: frozenset[str]) -> None:
        del self, streams

    Core.govern = govern  # type: ignore[method-assign, assignment]  # the fault
    Unit._suspend = suspend  # type: ignore[method-assign]  # the fault


def forget_one() -> None:
    """Leave one batch in ten out of the disclosure log."""
    sealed = Disclosures.sealed
    count = 0

    def some(self: Disclosures, link: Link, **about: Any) -> None:  # noqa: ANN401 - whatever it is told
        nonlocal count
        count += about["kind"] is Kind.BATCH
        if about["kind"] is not Kind.BATCH or count % 10:
            sealed(self, link, **about)

    Disclosures.sealed = some  # type: ignore[method-assign]  # the fault


FAULTS: Mapping[str, Callable[[], None]] = {
    "report-early": report_early,
    "trust-puback": trust_puback,
    "ignore-orders": ignore_orders,
    "obey-in-words": obey_in_words,
    "forget-one": forget_one,
}

if __name__ == "__main__":
    FAULTS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
