"""The agent with one thing spoiled, for negative controls: `python -m tests.proofs.spoiled_agent HOW run FILE ...`.

`loud` spoils nothing: it logs at the lowest level, and each step of asyncio with its arguments; `debug` to `critical`
log at that level. `failing-rule` has a rule that fails on some identifiers, `failing-driver` a parser that fails on
all, with the identifier in the error. Each of the others replaces one rule by a pass-through. All of it is done here,
on the test's side; the agent has no such switch.

Whatever it is, it runs without capabilities, as under systemd.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from agent import receipts
from agent.buffer.tables import META
from agent.cli.main import main
from agent.privacy import distinct, verdict
from agent.privacy.opening import Opener
from agent.privacy.window import Window
from drivers import tripwire
from drivers.mac_scanner import lines
from tests.proofs.cores import WITHOUT_CAPABILITIES

UNLUCKY = b"\xbe\xef"
_ASIDE = "LAMPPOST_PROOF_WITHOUT_CAPABILITIES"


class _Garrulous(asyncio.DefaultEventLoopPolicy):
    """Makes loops that log every callback with its arguments and results, as asyncio's debug mode does slow ones."""

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop = super().new_event_loop()
        loop.set_debug(True)
        loop.slow_callback_duration = 0.0
        return loop


def _log_at(level: int) -> Callable[[], None]:
    def force() -> None:
        usual = logging.basicConfig

        def basic_config(**options: Any) -> None:  # noqa: ANN401 - the library's own signature
            usual(**(options | {"level": level}))

        logging.basicConfig = basic_config

    return force


def _loud() -> None:
    _log_at(logging.DEBUG)()
    asyncio.set_event_loop_policy(_Garrulous())


def _no_pseudonym() -> None:
    distinct.pseudonym = lambda identifier, key: identifier  # noqa: ARG005 - the signature of what it replaces


def _no_suppression() -> None:
    def never(_group: verdict.Group, /, window: Window) -> bool:  # noqa: ARG001 - the signature of what it replaces
        return False

    verdict.Group.is_small = never  # type: ignore[assignment, method-assign]  # that is the point


def _no_partial() -> None:
    usual = Opener.window

    def whole(self: Opener, start_ms: int, *, partial: bool) -> Window:
        return usual(self, start_ms, partial=partial and self._spec.suppress_below is None)

    Opener.window = whole  # type: ignore[method-assign]  # that is the point


def _no_distinction() -> None:
    def add(self: distinct.Distinct, _identifier: bytes, /) -> None:
        self._seen.add(os.urandom(distinct.PSEUDONYM_BYTES))

    distinct.Distinct.add = add  # type: ignore[method-assign]  # that is the point


def _failing_rule() -> None:
    """Let a rule fail on what begins with `UNLUCKY`, which no canary does; its error tells whom it was about."""
    usual = distinct.Distinct.add

    def add(self: distinct.Distinct, identifier: bytes, /) -> None:
        if identifier.startswith(UNLUCKY):
            raise ValueError(f"cannot count {identifier.hex(':')}")
        usual(self, identifier)

    distinct.Distinct.add = add  # type: ignore[method-assign]  # that is the point


def _failing_driver() -> None:
    """Let the scanner's parser fail on every line, in a way that nobody expected; its error quotes the line."""

    def sighting(_self: lines.LineParser, line: bytes) -> lines.Sighting | None:
        raise ValueError(f"cannot read {line.decode(errors='replace')}")

    lines.LineParser._sighting = sighting  # type: ignore[method-assign, assignment]  # that is the point


def _no_tripwire() -> None:
    tripwire.Tally.stops = lambda self, fields: False  # type: ignore[method-assign]  # noqa: ARG005 - as above


def _talkative() -> None:
    """Log every line that the scanner sends: no self-test can notice, the search must."""
    usual = lines.LineParser._sighting

    def sighting(self: lines.LineParser, line: bytes) -> lines.Sighting | None:
        logging.getLogger("drivers.mac_scanner").warning("heard %s", line.decode(errors="replace").strip())
        return usual(self, line)

    lines.LineParser._sighting = sighting  # type: ignore[method-assign]  # that is the point


def _old_epoch() -> None:
    """Let the salvage go on in the damaged store's epoch, as if no seq had been lost."""
    from agent.buffer import copying, salvage  # noqa: PLC0415 - only here

    usual = salvage._Salvage._take_header

    def take(self: salvage._Salvage) -> None:
        usual(self)
        meta = self._wreck.one(META)
        if meta is not None:
            self._ledger.meta.epoch = meta.epoch

    salvage._Salvage._take_header = take  # type: ignore[method-assign]  # that is the point
    copying.Copying._copy_chains = lambda self: None  # type: ignore[method-assign]  # noqa: ARG005 - as above


def _no_declaration() -> None:
    """Let the salvage say nothing of what is lost."""
    from agent.buffer import salvage  # noqa: PLC0415 - only here

    salvage._Salvage._declare_losses = lambda self: None  # type: ignore[method-assign]  # noqa: ARG005 - as above


def _believes_replays() -> None:
    """Let every receipt count that was ever signed."""
    receipts.ReceiptVerifier._admit = lambda self, who, receipt, digest: None  # type: ignore[method-assign]  # noqa: ARG005 - as above


LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
WAYS: Mapping[str, Callable[[], None]] = {
    "loud": _loud,
    **{level.lower(): _log_at(getattr(logging, level)) for level in LEVELS},
    "failing-rule": _failing_rule,
    "failing-driver": _failing_driver,
    "no-pseudonym": _no_pseudonym,
    "no-suppression": _no_suppression,
    "no-partial": _no_partial,
    "no-distinction": _no_distinction,
    "no-tripwire": _no_tripwire,
    "talkative": _talkative,
    "old-epoch": _old_epoch,
    "no-declaration": _no_declaration,
    "believes-replays": _believes_replays,
}


def _give_up_capabilities() -> None:
    """Start over without capabilities, under the same process id and with the same descriptors."""
    if WITHOUT_CAPABILITIES and _ASIDE not in os.environ:
        os.environ[_ASIDE] = "1"
        os.execv(WITHOUT_CAPABILITIES[0], [*WITHOUT_CAPABILITIES, sys.executable, *sys.orig_argv[1:]])


if __name__ == "__main__":
    _give_up_capabilities()
    WAYS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
