"""What a line remembers of one slave: whether it answers, when it may be asked again, whether an answer is due.

In: what came of each request, with the time. Out: pauses in seconds. Never: input, output, a clock of its own.

Two pauses, for two reasons.

*Owed answers.* Modbus RTU numbers nothing: an answer that comes late looks like the answer to the next request of the
same length. So a slave that was asked and has not answered, also because whoever asked was cancelled, is not asked
again until the response time has passed once more; what comes meanwhile is a late answer and is discarded. The line
is free for others in that time.

*Rest.* A slave that stays silent takes a whole response time of the line each time it is asked. After two silences in
a row it rests, twice as long after each further one, and requests to it fail at once without touching the line. A
rest is at least `SHARE` response times, so that a dead slave takes at most a fifth of the line, whoever asks and
however often, and it soon takes much less. Its end is `LONGEST_S`, below the shortest of a poller's long pauses
(45 to 60 s), so that each try of a poller that has given up hope does reach the wire, and a slave that is plugged in
again is found within a minute. Damaged answers are more likely a matter of the cable: they make it rest only after
four failures in a row.
"""

from dataclasses import dataclass
from typing import Final

SHARE: Final = 4
LONGEST_S: Final = 30.0
SILENCES: Final = 2
"""One silence may be noise; from this many failures on a silent slave rests,"""
DAMAGES: Final = 4
"""and from this many on any."""
_MOST_DOUBLINGS: Final = 10
_NS: Final = 1_000_000_000


@dataclass(slots=True)
class Standing:
    """One slave.

    Attributes:
        failures: requests in a row that got no whole answer.
    """

    failures: int = 0
    _rest_until_ns: int = 0
    _owed_until_ns: int = 0
    _unanswered: int = 0

    @property
    def good(self) -> bool:
        """Whether it has answered the last request, or was never asked."""
        return self.failures == 0

    def asked(self, now_ns: int, limit_s: float) -> None:
        """Take note that a request is being sent, whose answer must be whole within `limit_s`."""
        self._owed_until_ns = now_ns + int(2 * limit_s * _NS)
        self._unanswered += 1

    def answered(self) -> None:
        """Take note of an answer, of whatever content: the slave is alive and owes nothing."""
        self.failures = self._rest_until_ns = self._owed_until_ns = self._unanswered = 0

    def late(self) -> bool:
        """Return whether an answer that came when nobody waited was owed, and take note that it is owed no more."""
        if not self._unanswered:
            return False
        self._unanswered -= 1
        if not self._unanswered:
            self._owed_until_ns = 0
        return True

    def failed(self, now_ns: int, limit_s: float, *, silent: bool) -> None:
        """Take note that no whole answer came within `limit_s`, or nothing at all if `silent`."""
        self.failures += 1
        self._owed_until_ns = now_ns + int(limit_s * _NS)
        if self.failures >= (SILENCES if silent else DAMAGES):
            least_s = SHARE * limit_s
            doubled_s = least_s * 2 ** min(self.failures - SILENCES, _MOST_DOUBLINGS)
            self._rest_until_ns = now_ns + int(max(min(doubled_s, LONGEST_S), least_s) * _NS)

    def owed_s(self, now_ns: int) -> float:
        """Return for how many seconds an answer may still come."""
        return max(0, self._owed_until_ns - now_ns) / _NS

    def rest_s(self, now_ns: int) -> float:
        """Return for how many seconds it is left alone."""
        return max(0, self._rest_until_ns - now_ns) / _NS
