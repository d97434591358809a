"""What is tried when the broker does not answer, one step after the other, and when the last step can help at all.

In: when the broker was heard, and when a connection stood. Out: whether a new process is to be asked. Never: a
restart by itself; a step that a broken network, a broker that is down, or a city without power could call for.

1. A new socket, when nothing was acknowledged for `Timing.ack_s` (30 s) after something was sent, or for that long
   after a ping that is due when the line was idle for the keep-alive interval. The connection is a new client object.
2. A new name resolution, with each new socket: no address is kept, so that a broker that has moved is found.
3. A new process, when for `Timing.restart_s` (an hour) no TCP connection could be made. As long as one can be made,
   this process reaches the broker, and another one would meet the same answer. Before that a child process tries
   what this one cannot; only if the child gets through can a restart help. In an outage of the network or of the
   broker it does not, so that a thousand units do not restart because the city is dark.
"""

import asyncio
import errno
import sys
from collections.abc import Awaitable, Callable
from typing import Final

_NS: Final = 1_000_000_000
_CHILD_S: Final = 20.0
_CHILD: Final = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 15).close()"

AskChild = Callable[[], Awaitable[bool]]
"""Returns whether a new process reaches the broker."""


class Ladder:
    """How long the broker was not heard and not reached.

    Args:
        restart_s: the last step is due after so long without a TCP connection, and again after that.
        now_ns: monotonic time.

    Attributes:
        heard_ns: when the last byte came from the broker, None before the first.
    """

    def __init__(self, restart_s: float, *, now_ns: int) -> None:
        self.heard_ns: int | None = None
        self._wait_ns = int(restart_s * _NS)
        self._since_ns = now_ns

    def reached(self, now_ns: int) -> None:
        """Take note that a connection stands, or that none was wanted; may be called on any thread."""
        self._since_ns = now_ns

    def due(self, now_ns: int) -> bool:
        """Return whether a new process is to be asked now, and count from now for the next time."""
        if now_ns - self._since_ns < self._wait_ns:
            return False
        self._since_ns = now_ns
        return True


async def child_reaches(host: str, port: int) -> bool:
    """Return whether a new process can look up `host` and connect to `port`.

    Cancellation kills the child. When this process has no descriptors left, that is an answer, too.
    """
    command = (sys.executable, "-I", "-S", "-c", _CHILD, host, str(port))
    null = asyncio.subprocess.DEVNULL
    try:
        child = await asyncio.create_subprocess_exec(*command, stdin=null, stdout=null, stderr=null)
    except OSError as error:
        return error.errno == errno.EMFILE
    try:
        async with asyncio.timeout(_CHILD_S):
            return await child.wait() == 0
    except TimeoutError:
        return False
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
