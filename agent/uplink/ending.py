"""Why a connection ended: what the broker said, or else what went wrong first.

In: the reason code of a DISCONNECT, the lines that the MQTT library logs. Out: one exception, for
`agent.uplink.problems.diagnose`. Never: a line of the library in the log.

The library tells a TLS alert from a hang-up in its log only: its reason codes are the same for both.
"""

import logging

from agent.uplink.problems import Refused


class Ending:
    """Collects why one connection ends.

    Attributes:
        logger: for the library; of this connection alone, with none of the tree's handlers.
        code: with which reason code the broker ended it, None while it has not.
    """

    def __init__(self) -> None:
        self.logger = logging.Logger("agent.publisher.mqtt", logging.ERROR)  # noqa: LOG001 - see above
        self.code: int | None = None
        self._first = _FirstError()
        self.logger.addHandler(self._first)

    @property
    def error(self) -> Exception | None:
        """What went wrong first, as far as the library has logged it."""
        return self._first.error

    def why(self) -> Exception:
        """Return why the connection has ended."""
        if self.code is not None:
            return Refused(self.code)
        return self.error or ConnectionResetError("closed by the broker")


class _FirstError(logging.Handler):
    """Keeps the exception behind the first error line that has one."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.error: Exception | None = None

    def emit(self, record: logging.LogRecord) -> None:
        arguments = record.args if isinstance(record.args, tuple) else ()
        found = next((item for item in arguments if isinstance(item, Exception)), None)
        self.error = self.error or found
