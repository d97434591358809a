"""The topics of a unit: names in, topics out, and back."""

from dataclasses import dataclass
from enum import StrEnum

from agent.wire.errors import BadTopic
from agent.wire.fields import is_name

ROOT = "lamppost"
VERSION = "1"
ANY = "+"


class Lane(StrEnum):
    """What a topic carries; the level after the unit's id."""

    LIVE = "live"
    BACKLOG = "backlog"
    DECLARATION = "declaration"
    STATUS = "status"
    ALARM = "alarm"
    ACK = "ack"
    LOG = "log"
    RECEIPT = "receipt"
    CONTROL = "control"


WITH_STREAM = frozenset({Lane.LIVE, Lane.BACKLOG, Lane.ALARM, Lane.RECEIPT})
"""Lanes that have a level for the stream."""
FROM_UNIT = tuple(lane for lane in Lane if lane not in {Lane.RECEIPT, Lane.CONTROL})
"""Lanes that a unit publishes on; it subscribes to the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What a topic says: whose it is and what it carries."""

    unit: str
    lane: Lane
    stream: str | None


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics below one root.

    Attributes:
        root: everything before the version; may have several levels.
    """

    root: str = ROOT

    def __post_init__(self) -> None:
        """Refuse a root that is not a plain topic."""
        levels = self.root.split("/")
        if not all(is_name(level) for level in levels):
            raise BadTopic("topic root: expected letters, digits, '_', '.', '-', in levels separated by '/'")

    def topic(self, unit: str, lane: Lane, stream: str | None = None) -> str:
        """Return the topic of a unit's lane; a stream exactly where the lane has one.

        Raises:
            BadTopic: a name that is none, a stream too many or missing.
        """
        names = [unit] if stream is None else [unit, stream]
        if not all(map(is_name, names)):
            raise BadTopic("expected names of letters, digits, '_', '.', '-'")
        return self._join(unit, lane, stream)

    def filter(self, lane: Lane, unit: str = ANY) -> str:
        """Return the subscription that takes a lane of one unit, or of all."""
        if unit != ANY and not is_name(unit):
            raise BadTopic("expected a unit's name")
        return self._join(unit, lane, ANY if lane in WITH_STREAM else None)

    def parse(self, topic: str) -> Address:
        """Return what a topic says.

        Raises:
            BadTopic: it is not one of ours.
        """
        prefix = f"{self.root}/{VERSION}/"
        unit, _, rest = topic.removeprefix(prefix).partition("/")
        lane, slash, stream = rest.partition("/")
        if not topic.startswith(prefix) or lane not in set(Lane) or not is_name(unit):
            raise BadTopic("not a topic of ours")
        if bool(slash) is not (Lane(lane) in WITH_STREAM) or (slash and not is_name(stream)):
            raise BadTopic("a topic with a stream too many, missing or misnamed")
        return Address(unit=unit, lane=Lane(lane), stream=stream if slash else None)

    def _join(self, unit: str, lane: Lane, stream: str | None) -> str:
        if (stream is None) is (lane in WITH_STREAM):
            raise BadTopic(f"a {lane} topic {'needs a' if stream is None else 'has no'} stream")
        levels = [self.root, VERSION, unit, lane.value]
        return "/".join(levels if stream is None else [*levels, stream])
