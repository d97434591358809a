"""Runs the program of a pattern over a line, in time that grows with the line and not faster. Pure.

In: a program and bytes. Out: what the named groups hold, or None. Never: a second look at a byte: all the ways that
are still open are followed side by side, none of them twice, so a line costs at most its length times the steps of
the program, whatever it holds.
"""

from typing import Final

from drivers.declared.programs import Act, Program

MOST_WORK: Final = 200_000
"""Steps times bytes that a pattern and its longest line may come to: some 50 ms on a desktop at the very worst."""

_Slots = tuple[int, ...]
_NOWHERE: Final = -1


def work(program: Program, longest: int) -> int:
    """Return the most that a line of `longest` bytes can cost."""
    return len(program.steps) * (longest + 1)


def match(program: Program, line: bytes) -> dict[str, bytes | None] | None:
    """Return the named groups if the whole line is as the pattern says, None if not.

    A group that took no part is None. Of several ways to match the first by the pattern's preference is taken, as
    in other engines: greedy repetitions take much, of alternatives the first.
    """
    threads = _follow(program, [(0, (_NOWHERE,) * (2 * len(program.names)))], 0)
    for at, byte in enumerate(line):
        taking = [(step, slots) for step, slots in threads if program.steps[step][0] is Act.TAKE]
        moved = [(program.steps[step][2], slots) for step, slots in taking if program.steps[step][1] >> byte & 1]
        if not moved:
            return None
        threads = _follow(program, moved, at + 1)
    for step, slots in threads:
        if program.steps[step][0] is Act.DONE:
            return {name: _held(line, slots, index) for index, name in enumerate(program.names)}
    return None


def _held(line: bytes, slots: _Slots, index: int) -> bytes | None:
    start, end = slots[2 * index], slots[2 * index + 1]
    return line[start:end] if start <= end and start != _NOWHERE else None


def _follow(program: Program, threads: list[tuple[int, _Slots]], at: int) -> list[tuple[int, _Slots]]:
    """Return where the threads stand once every fork and mark is behind them, the preferred ones first."""
    seen: set[int] = set()
    standing: list[tuple[int, _Slots]] = []
    waiting = threads[::-1]
    while waiting:
        step, slots = waiting.pop()
        if step in seen:
            continue
        seen.add(step)
        act, first, then = program.steps[step]
        if act is Act.FORK:
            waiting.append((then, slots))
            waiting.append((first, slots))
        elif act is Act.MARK:
            waiting.append((then, (*slots[:first], at, *slots[first + 1 :])))
        else:
            standing.append((step, slots))
    return standing
