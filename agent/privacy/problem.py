"""What can be wrong with a stream, as a value; and the names it is said with."""

from dataclasses import dataclass

from agent.privacy.spec import ReleasedChannel, StreamSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One reason why a stream may not be released as it is written.

    Attributes:
        stream: the stream's identifier.
        channel: the released channel, None when it is about the stream as a whole.
        key: the configuration key to change: ``rule``, ``grid``, ``bins``, ``range``, ``resolution``, ``from``,
            ``window``, ``suppress_below``, ``noise`` or ``channel``.
        what: what was found.
        why: which class or rule forbids it, and what would be legal.
    """

    stream: str
    channel: str | None
    key: str
    what: str
    why: str

    def __str__(self) -> str:
        where = f"stream {self.stream}" if self.channel is None else f"stream {self.stream}, channel {self.channel}"
        return f"{where}: {self.what}: {self.why}"


def about(spec: StreamSpec, channel: ReleasedChannel, key: str, *, what: str, why: str) -> Problem:
    """Return a problem of one channel."""
    return Problem(stream=spec.name, channel=channel.name, key=key, what=what, why=why)


def about_all(spec: StreamSpec, key: str, *, what: str, why: str) -> Problem:
    """Return a problem of the stream as a whole."""
    return Problem(stream=spec.name, channel=None, key=key, what=what, why=why)


def origin(channel: ReleasedChannel) -> str:
    """Return where a released channel comes from, as the configuration writes it."""
    return f"{channel.sensor}.{channel.source.name}"
