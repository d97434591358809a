"""Commits that were reported as failed, and may have been made all the same.

In: what was tried, and where the store stood behind it. Out: what is left to do of it. Never: a row stored twice.

When the last sync of a commit fails SQLite reports the commit as failed, but by then all of it is in the WAL, and
whoever reads the file again finds it there. What it held stays to be done, as far as anybody knows: so, once the
store's state was read again, it is compared where that stands.
"""

from dataclasses import replace

from agent.buffer.work import Done, Work

Mark = tuple[int, int]
"""The next row's number, and the number of the disclosure log's newest entry."""


class Uncertain:
    """What was tried last, and what turned out to be done of it."""

    def __init__(self) -> None:
        self._tried: tuple[Work, Done, Mark, Mark] | None = None
        self._made: list[tuple[Work, Done]] = []

    def trying(self, work: Work, done: Done, *, before: Mark, after: Mark) -> None:
        """Take note of a commit that is about to be made."""
        self._tried = (work, done, before, after)

    def resolve(self, now: Mark) -> None:
        """Find out whether the last commit that failed was made: the store stands behind it, and not before."""
        if self._tried is not None:
            work, done, before, after = self._tried
            place = 0 if before[0] != after[0] else 1
            if now[place] == after[place] != before[place]:
                self._made.append((work, done))
            self._tried = None

    def rest(self, work: Work) -> Work:
        """Return what is left to do of a piece of work; what may be done twice stays in it."""
        if not self._made:
            return work
        done = [tried for tried, _ in self._made]
        made = {id(one) for tried in done for one in (*tried.rows, *tried.lost, *tried.entries, *tried.notes)}
        return replace(
            work,
            rows=[one for one in work.rows if id(one) not in made],
            lost=[one for one in work.lost if id(one) not in made],
            entries=[one for one in work.entries if id(one) not in made],
            notes=[one for one in work.notes if id(one) not in made],
        )

    def settled(self) -> list[tuple[str, int, int]]:
        """Return the rows that were stored by commits reported as failed, and forget them: a commit has succeeded."""
        stored = [row for _, done in self._made for row in done.stored]
        self._tried, self._made = None, []
        return stored
