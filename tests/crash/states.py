"""States after a power cut, made one after the other from a recording, and what is wrong with them.

In: a recorded unit, a seed. Out: problems, and counts that show what was cut. Never: the same disk twice, unless more
had been said in between.
"""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.wire.messages import GapReason
from tests.crash.cast import BEGIN, IMAGE, Played
from tests.crash.checker import Checker, checker_for
from tests.crash.disk import NAME_EVENTS, Disk, State, Way
from tests.crash.journal import Event, What
from tests.crash.mounting import ext4, scratch
from tests.crash.story import MARK, NOTED, Story, note

_PASSES, _LEAST = 40, 50
"""How often a recording is played again for more states, and how many are asked for each time unless few are wanted:
some are the same, the more so the later."""
_SAID, _RARE = 0.4, 0.3
"""Parts of the cuts that come right behind something that was said, where most is promised, and behind something that
happened to another file than the one that is written all the time."""


@dataclass
class Findings:
    """What the cuts of one unit have shown.

    Attributes:
        states: how many were looked at.
        disks: how many different ones there were among them.
        ways: how many of them were made in which way.
        unsynced: in how many of them something of a file was not synced, by its name.
        rows: rows that had been reported stored, summed over the states.
        counted: rows that signed gap records account for instead, by the reason.
        broken: how many states something is wrong with.
        problems: what, each with how often, without the numbers in it.
        examples: the first of them as they are.
    """

    states: int = 0
    disks: int = 0
    ways: Counter[Way] = field(default_factory=Counter)
    unsynced: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    counted: Counter[GapReason] = field(default_factory=Counter)
    broken: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, problems: list[str], *, where: str) -> None:
        """Take note of what is wrong with a state."""
        self.broken += bool(problems)
        self.problems.update({kind_of(problem) for problem in problems})
        self.examples += [f"{where}: {problem}" for problem in problems[: max(0, 5 - len(self.examples))]]


def kind_of(problem: str) -> str:
    """Return a problem without stream, numbers and examples."""
    head = problem.split(": ", 1)[-1] if problem.split(": ", 1)[0].isidentifier() else problem.split(": ", 1)[0]
    return " ".join("N" if word.strip(",.").isdigit() else word for word in head.split())


@dataclass
class _Cutter:
    """Plays a recording up to each cut."""

    played: Played
    rng: random.Random
    disks: set[bytes] = field(default_factory=set)
    seen: set[tuple[bytes, int]] = field(default_factory=set)

    def points(self, count: int) -> set[int]:
        """Return events behind which to cut, at random, and some of them where it matters."""
        events = self.played.events
        everywhere = range(index_of(events, BEGIN), len(events))
        said = [index for index in everywhere if events[index].what is What.SAID]
        written = [index for index in everywhere if events[index].what is What.WRITE]
        usual = Counter(events[index].node for index in written).most_common(1)[0][0]
        rare = [index for index in everywhere if events[index].node not in {0, usual}] or written
        chosen = {self.rng.choice(said) for _ in range(int(count * _SAID))}
        chosen |= {self.rng.choice(rare) for _ in range(int(count * _RARE))}
        return chosen | {self.rng.choice(everywhere) for _ in range(max(1, count - len(chosen)))}

    def states(self, count: int) -> Iterator["Cut"]:
        """Yield new states in the order of their cuts; each lasts until the next is asked for."""
        points, story = self.points(count), self.played.story()
        disk = Disk(whole_bytes=self.played.cast.whole_bytes)
        said = 0
        for index, event in enumerate(self.played.events):
            disk.play(event)
            story.hear(event)
            said += event.what is What.SAID
            if index in points:
                way = self.rng.choice(tuple(Way)) if disk.pieces else Way.NOTHING
                state = disk.cut(way, self.rng)
                key = state.digest, said
                if key not in self.seen:
                    self.seen.add(key)
                    self.disks.add(key[0])
                    yield Cut(index, way, state, disk, story)


@dataclass(frozen=True, slots=True)
class Cut:
    """A state, where it was made and how, and what was there and told by then."""

    index: int
    way: Way
    state: State
    disk: Disk
    story: Story


def index_of(events: list[Event], mark: str) -> int:
    """Return where the test itself said something."""
    said = note(MARK, mark.encode())
    return next(index for index, event in enumerate(events) if event.who == NOTED and event.data == said)


def examine(played: Played, *, states: int, seed: int, old: bool = False) -> Findings:
    """Look at so many different states of a recorded unit; with `old`, as if they were found at its end."""
    found, checker = Findings(), checker_for(played.config)
    last = played.story()
    for event in played.events:
        last.hear(event)
    cutter = _Cutter(played, random.Random(seed))
    for number in range(_PASSES):
        wanted = states - len(cutter.disks)
        for cut in cutter.states(max(wanted, min(_LEAST, 3 * wanted + 5 * number))):
            found.states += 1
            found.ways[cut.way] += 1
            found.unsynced.update(_unsynced(cut.disk, played.events))
            found.rows += len(cut.story.stored)
            found.add(
                _look(checker, cut, last if old else cut.story, is_image=played.cast.ext4),
                where=f"event {cut.index}, {cut.way}",
            )
        found.disks = len(cutter.disks)
        if found.disks >= states:
            break
    found.counted = checker.counted
    found.add(last.problems, where="while it ran")
    return found


def _look(checker: Checker, cut: Cut, story: Story, *, is_image: bool) -> list[str]:
    try:
        with standing(cut.state, is_image=is_image) as folder:
            return checker.check(folder, story)
    except OSError as error:
        return [f"the disk cannot be used: {error}"]


@contextmanager
def standing(state: State, *, is_image: bool) -> Iterator[Path]:
    """Put a state onto a disk, and return the folder of the store.

    Raises:
        OSError: its file system cannot be mounted.
    """
    place = scratch()
    try:
        state.write(place)
        if not is_image:
            yield place
            return
        folder = place / "mounted"
        folder.mkdir()
        with ext4(place / IMAGE, folder):
            yield folder
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _unsynced(disk: Disk, events: list[Event]) -> set[str]:
    """Return the names of the files of which something was not synced; "names" for a folder's."""
    pieces = [piece.event for piece in disk.pieces]
    found = {"names"} if any(event.what in NAME_EVENTS for event in pieces) else set()
    names = {event.node: event.to_name or event.name for event in events[: disk.count] if event.what in NAME_EVENTS}
    return found | {names[event.node] for event in pieces if event.what not in NAME_EVENTS}
