"""Patterns as programs: steps that `matching` follows.

In: the text of a pattern. Out: its program, of a bounded number of steps. Never: a pattern run.

After Ken Thompson ("Regular Expression Search Algorithm", CACM 11, 1968) and Rob Pike, as told by Russ Cox in
"Regular Expression Matching: the Virtual Machine Approach" (2009; unverified).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from drivers.declared.patterns import BadPattern, Bytes, Chain, Choice, Named, Repeat, Tree, tree_of

LONGEST_PROGRAM: Final = 2000


class Act(IntEnum):
    """What a step does."""

    TAKE = 0
    """Take one of the bytes of a set; `first` is the set, `then` the next step."""
    FORK = 1
    """Go on at `first`, or else at `then`."""
    MARK = 2
    """Note the place in slot `first`, go on at `then`."""
    DONE = 3


Step = tuple[Act, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A pattern, ready to be run.

    Attributes:
        steps: what to do; the first one is where it begins.
        names: the named groups; group n has slots 2n and 2n + 1.
    """

    steps: tuple[Step, ...]
    names: tuple[str, ...]


def compiled(pattern: str) -> Program:
    """Return the program of a pattern.

    Raises:
        BadPattern: it has something that is not known here, or comes to too many steps.
    """
    tree, names = tree_of(pattern)
    writer = _Writer()
    writer.write(tree)
    writer.add(Act.DONE, 0, 0)
    return Program(steps=tuple(writer.steps), names=names)


class _Writer:
    """Writes the steps of a tree, one behind the other."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def add(self, act: Act, first: int, then: int) -> int:
        if len(self.steps) >= LONGEST_PROGRAM:
            raise BadPattern(f"the pattern comes to more than {LONGEST_PROGRAM} steps", 0)
        self.steps.append((act, first, then))
        return len(self.steps) - 1

    def write(self, tree: Tree) -> None:
        match tree:
            case Bytes(mask):
                self.add(Act.TAKE, mask, len(self.steps) + 1)
            case Chain(parts):
                for part in parts:
                    self.write(part)
            case Choice(ways):
                self.choice(ways)
            case Named(body, index):
                self.add(Act.MARK, 2 * index, len(self.steps) + 1)
                self.write(body)
                self.add(Act.MARK, 2 * index + 1, len(self.steps) + 1)
            case Repeat():
                self.repeat(tree)

    def choice(self, ways: tuple[Tree, ...]) -> None:
        """Write a fork, the way and a jump to the end for each way but the last; a jump is a fork to one place."""
        ends: list[int] = []
        for way in ways[:-1]:
            fork = self.add(Act.FORK, 0, 0)
            self.write(way)
            ends.append(self.add(Act.FORK, 0, 0))
            self.steps[fork] = (Act.FORK, fork + 1, len(self.steps))
        self.write(ways[-1])
        for end in ends:
            self.steps[end] = (Act.FORK, len(self.steps), len(self.steps))

    def repeat(self, tree: Repeat) -> None:
        for _ in range(tree.least):
            before = len(self.steps)
            self.write(tree.body)
            if len(self.steps) == before:  # nothing, however often
                return
        if tree.most is None:
            fork = self.add(Act.FORK, 0, 0)
            self.write(tree.body)
            self.add(Act.FORK, fork, fork)
            self.fork(fork, lazy=tree.lazy)
            return
        forks: list[int] = []
        for _ in range(tree.most - tree.least):
            forks.append(self.add(Act.FORK, 0, 0))
            self.write(tree.body)
        for fork in forks:
            self.fork(fork, lazy=tree.lazy)

    def fork(self, fork: int, *, lazy: bool) -> None:
        """Set a fork to go on with what follows it, or at the end of what is written, in the order of preference."""
        inside, behind = fork + 1, len(self.steps)
        self.steps[fork] = (Act.FORK, behind, inside) if lazy else (Act.FORK, inside, behind)
