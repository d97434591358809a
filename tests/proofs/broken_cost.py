"""Agents that count or write wrongly, for controls: `python -m tests.proofs.broken_cost FAULT run FILE ...`."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from agent.buffer.worker import Worker
from agent.cli.main import main
from agent.uplink import kernel


def no_headers() -> None:
    """Count what TCP carries, and none of its headers."""
    kernel._IP = dict.fromkeys(kernel._IP, -kernel._TCP)  # type: ignore[misc]  # the fault
    kernel._OPTION = 0  # type: ignore[misc]  # the fault


def _nothing(_: kernel.Probe) -> None:
    """Tell nothing."""


def by_model() -> None:
    """Let the kernel tell nothing: the prices of the model stay."""
    kernel.Probe.wire_bytes = _nothing  # type: ignore[assignment, method-assign]  # the fault
    close = kernel.Probe.close

    def silent(self: kernel.Probe) -> None:
        close(self)

    kernel.Probe.close = silent  # type: ignore[method-assign]  # the fault


def commit_each() -> None:
    """Commit each row by itself, at once."""
    make = Worker.__init__

    def hasty(self: Worker, *arguments: Any, **more: Any) -> None:  # noqa: ANN401 - whatever it is given
        make(self, *arguments, **more)
        self.inbox._window_ns = 0

    Worker.__init__ = hasty  # type: ignore[method-assign]  # the fault


FAULTS: Mapping[str, Callable[[], None]] = {
    "no-headers": no_headers,
    "by-model": by_model,
    "commit-each": commit_each,
}

if __name__ == "__main__":
    FAULTS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
