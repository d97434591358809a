"""The agent with a clock that runs faster: `python -m tests.proofs.fast_agent SPEED HOW run FILE ...`.

Monotonic time, wall time and the event loop's time all run `SPEED` times as fast, and what the loop waits for is
shortened alike, so that every timeout and every pause keeps its proportion; the code, the files and the sockets are
real. Waits of threads (a bus, the store's loss window) keep the time of this world. `leak` keeps 64 bytes of each row
for ever, for a negative control. The agent has no switch for any of this.
"""

import asyncio
import selectors
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial

_KEPT: list[bytes] = []
_LEAK_BYTES = 64


class _Hasty(selectors.DefaultSelector):
    """Waits for a part of the time."""

    speed = 1.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout if timeout is None else timeout / self.speed)


class _Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(_Hasty())


def hurry(speed: int) -> None:
    """Let time run faster in this process; must come before the agent is imported."""
    mono_ns, utc_ns = time.monotonic_ns, time.time_ns
    mono_began_ns, utc_began_ns = mono_ns(), utc_ns()

    def fast_mono_ns() -> int:
        return mono_began_ns + (mono_ns() - mono_began_ns) * speed

    def fast_utc_ns() -> int:
        return utc_began_ns + (mono_ns() - mono_began_ns) * speed

    # As the clocks of C they must not turn into methods where a class keeps one, as pyserial's does.
    time.monotonic_ns, time.time_ns = partial(fast_mono_ns), partial(fast_utc_ns)
    time.monotonic, time.time = partial(_seconds, fast_mono_ns), partial(_seconds, fast_utc_ns)
    _Hasty.speed = speed
    asyncio.set_event_loop_policy(_Policy())


def _seconds(clock_ns: Callable[[], int]) -> float:
    return clock_ns() / 1e9


def leak() -> None:
    """Keep a few bytes of each row for ever."""
    from agent.buffer.outbox import Outbox  # noqa: PLC0415 - after time was changed

    append = Outbox.append

    def keeping(self: Outbox, rows: object, **more: object) -> object:
        _KEPT.extend(bytes(_LEAK_BYTES) for _ in rows)  # type: ignore[attr-defined]  # whatever it is given, it has rows
        return append(self, rows, **more)  # type: ignore[arg-type]  # handed on as it is

    Outbox.append = keeping  # type: ignore[assignment, method-assign]  # the fault


WAYS: Mapping[str, Callable[[], None]] = {"whole": lambda: None, "leak": leak}

if __name__ == "__main__":
    hurry(int(sys.argv[1]))
    WAYS[sys.argv[2]]()
    from agent.cli.main import main

    sys.exit(main(sys.argv[3:]))
