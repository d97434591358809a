"""Who plays in a recorded scene, and what is left of each of them.

In: nothing. Out: plans of units, and what was recorded of them. Never: a process; see `tests.crash.scene`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent.wire.keyfile import SigningKey
from agent.wire.messages import GapReason
from agent.wire.orders import Role
from tests.crash.journal import Event
from tests.crash.story import Story
from tests.support.rig import ChannelPlan, StreamPlan, UnitPlan, dust_stream

PLAIN = ("-m", "agent")
HELD, PURGED = "held", "purged"
STREAMS: Sequence[StreamPlan] = (
    dust_stream("one", sensor="dust"),
    dust_stream("two", sensor="dust", batch="2s"),
    dust_stream("third", sensor="dust", batch="3s"),
    dust_stream(HELD, sensor="dust"),
    dust_stream(PURGED, sensor="dust", batch="3s"),
)
WIDE: Sequence[ChannelPlan] = [
    ChannelPlan(name=f"sum-{number}", source="n0_3", rule="sum", unit="count", range=(0, 10**9))
    for number in range(64)
]
FULL_STREAMS, FULL_BYTES = 16, "1400kB"
"""So many streams as wide as that use up the room that one eviction makes within four seconds."""
WIDE_FIRST = 20_000
"""Sums of frames with numbers from here on take four bytes."""
IMAGE = "image"
BEGIN = "begin"
"""The mark before which nothing of interest happened."""


@dataclass(frozen=True)
class Cast:
    """One unit of the scene.

    Attributes:
        name: the unit's.
        program: what Python runs as its agent.
        ext4: its store is on a file system of its own, in a file.
        overflow: its store is full from the start, and this is what becomes of the oldest rows; empty for a store
            that its rows do not fill.
    """

    name: str
    program: Sequence[str] = PLAIN
    ext4: bool = False
    overflow: str = ""

    @property
    def losing(self) -> GapReason | None:
        """Why its rows do not all leave as they were stored; None where they do."""
        return {"drop_oldest": GapReason.EVICTED, "thin": GapReason.THINNED}.get(self.overflow)

    @property
    def whole_bytes(self) -> int:
        """What the medium is taken to keep whole at the beginning of a file.

        ext4 has one superblock here, of 1 KiB at 1 KiB, and cannot be mounted when one half of it is of another
        moment than the other (its checksum: https://docs.kernel.org/filesystems/ext4/super.html). That says nothing
        about the store, so it is not torn; every other sector is.
        """
        return 2048 if self.ext4 else 0


@dataclass(kw_only=True)
class Played:
    """What is left of one unit.

    Attributes:
        cast: which.
        config: its configuration, with its keys beside it.
        key: the unit's.
        receiver: the receiver's.
        city: the city's keys by their role.
        events: everything that happened, in one order.
        copies: the receiver's folder at each stop, by its number.
    """

    cast: Cast
    config: Path
    key: SigningKey
    receiver: SigningKey
    city: Mapping[Role, SigningKey]
    events: list[Event] = field(default_factory=list)
    copies: Mapping[str, Path] = field(default_factory=dict)

    def story(self) -> Story:
        """Return its story, of which nothing is told yet."""
        return Story(self.key.public, self.receiver.public, self.city[Role.PRIVACY].public)


def unit_plan(cast: Cast, *, city: Mapping[Role, SigningKey]) -> UnitPlan:
    """Return a unit with the smallest store that its declaration allows, so that its WAL is folded in often."""
    full = [
        dust_stream(f"full{number}", sensor="dust", channels=WIDE, batch="2s", overflow=cast.overflow)
        for number in range(FULL_STREAMS)
    ]
    return UnitPlan(
        name=cast.name,
        sensors={"dust": "pmsx003"},
        streams=full if cast.overflow else STREAMS,
        buffer={"max_bytes": FULL_BYTES if cast.overflow else "1MB"},
        control={Role.PRIVACY: city[Role.PRIVACY]},
        program=cast.program,
    )


def spoiled(how: str, *, like: Cast) -> Cast:
    """Return the same unit with a careless agent."""
    name = how.lower() + "-ext4" * like.ext4 + f"-{like.name}" * bool(like.overflow)
    return replace(like, name=name, program=("-m", "tests.crash.careless_agent", how))


def new_folder(path: Path) -> Path:
    """Make a folder, and those above it, and return it."""
    path.mkdir(parents=True)
    return path
