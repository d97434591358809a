"""What happened on the uplink: counters and texts for `lamppost status`, and one log line per change of state."""

import logging
from dataclasses import dataclass, field
from typing import Final

from agent.uplink.problems import FAILURE, Unusable, reason

_LOG = logging.getLogger("agent.publisher")  # the name an operator looks for; this package is its inside
_NS: Final = 1_000_000_000
_NAMES: Final = {4: "3.1.1", 5: "5"}


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkState:
    """The uplink at one moment; nothing measured by a sensor.

    Attributes:
        connected: there is a session.
        since_s: how long it has been so.
        protocol: MQTT version of the session, None without one.
        silent_s: age of the last byte from the broker, None before the first.
        sessions, tries: connections made, and tried.
        in_flight: publishes without a PUBACK.
        ahead: envelopes without a receipt.
        sent, resent: envelopes published, and how many of those again.
        refused: envelopes that the broker refused.
        unheard: envelopes that nobody had subscribed to.
        blocked: streams held back after a refusal.
        paused: the budget does not let anything out now.
        trouble: kind of the present problem, None for none.
        problem: the same in words, with what to do.
    """

    connected: bool
    since_s: float
    protocol: str | None
    silent_s: float | None
    sessions: int
    tries: int
    in_flight: int
    ahead: int
    sent: int
    resent: int
    refused: int
    unheard: int
    blocked: tuple[str, ...]
    paused: bool
    trouble: str | None
    problem: str | None


@dataclass(slots=True)
class Journal:
    """Collects what `UplinkState` shows."""

    where: str
    changed_ns: int
    version: int | None = None
    sessions: int = 0
    tries: int = 0
    sent: int = 0
    refused: int = 0
    unheard: int = 0
    paused: bool = False
    trouble: str | None = None
    problem: str | None = None
    _failures: int = 0
    _refusals: dict[str, str] = field(default_factory=dict)

    def connected(self, version: int, now_ns: int) -> None:
        """Take note of a new session."""
        self.sessions += 1
        self.version = version
        self.changed_ns = now_ns
        self.trouble = self.problem = None
        after = f" after {self._failures} failed tries" if self._failures else ""
        _LOG.info("%s: connected with MQTT %s%s", self.where, _NAMES.get(version, "?"), after)
        self._failures = 0

    def lost(self, problem: Unusable, now_ns: int) -> None:
        """Take note of a session that ended or a try that failed; the same problem is logged once."""
        if self.version is not None:
            self.version = None
            self.changed_ns = now_ns
        self._failures += 1
        if problem.trouble != self.trouble:
            _LOG.warning("%s", problem)
        self.trouble = problem.trouble
        self.problem = str(problem)

    def refusal(self, stream: str, code: int) -> None:
        """Take note of an envelope that was refused; each stream and reason is logged once until it is accepted."""
        self.refused += 1
        text = (
            f"{self.where}: the broker refuses {stream}: {reason(code)}. Check the unit's entry in the broker's ACL"
        )
        if code < FAILURE:
            text = f"{self.where}: nobody has subscribed to {stream}. Check the subscriber"
        self._note(stream, text)

    def too_large(self, stream: str, limit: int) -> None:
        """Take note of an envelope that is larger than the broker takes."""
        self.refused += 1
        self._note(stream, f"{self.where}: an envelope of {stream} is larger than the broker takes ({limit} bytes)")

    def acceptance(self, stream: str) -> None:
        """Take note of a stream that the broker takes."""
        if self._refusals and self._refusals.pop(stream, None) is not None:
            _LOG.info("%s: %s is accepted again", self.where, stream)

    def pause(self, *, paused: bool) -> None:
        """Take note of what the budget allows."""
        if paused != self.paused:
            self.paused = paused
            _LOG.info("%s: %s", self.where, "the data budget is spent for now" if paused else "sending again")

    def since_s(self, now_ns: int) -> float:
        """Return how long the uplink has been up, or down."""
        return (now_ns - self.changed_ns) / _NS

    @property
    def text(self) -> str | None:
        """The present problem in words: of the connection, or else of a stream."""
        return self.problem or next(iter(self._refusals.values()), None)

    def _note(self, stream: str, text: str) -> None:
        if self._refusals.get(stream) != text:
            self._refusals[stream] = text
            _LOG.warning("%s", text)
