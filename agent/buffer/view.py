"""What is to be known of an open outbox, and the envelopes that are to be sent.

In: questions from the event loop. Out: what the last commit has left. Never: anything to be stored.
"""

from agent.buffer.loopside import LoopSide
from agent.buffer.records import Lane, LogHead, OutboxStats, Outgoing


class View(LoopSide):
    """The outbox as far as it can be looked at."""

    @property
    def epoch(self) -> bytes:
        """8 bytes; new when the store had to be made again."""
        return self._worker.epoch

    @property
    def session(self) -> int:
        """How often this store was opened."""
        return self._worker.session

    @property
    def seal_due(self) -> bool:
        """Whether there was something to seal after the last commit: if not, `seal` need not be called."""
        return self._worker.seal_due

    @property
    def held_up(self) -> bool:
        """Whether something waits to be sealed until receipts make room for it: then they are a reason to `seal`."""
        return self._worker.held_up

    @property
    def backlog_wants(self) -> int:
        """What the next batch of the backlog costs on the wire, about; 0 when there is none to seal, or not yet."""
        return self._worker.backlog_wants

    @property
    def backlog_sealed(self) -> int:
        """What was sealed of the backlog since the store was opened costs on the wire, about."""
        return self._worker.allowance.sealed

    @property
    def sealed_along(self) -> int:
        """How many envelopes were sealed without `seal` having been called, since the store was opened."""
        return self._worker.sealed_along

    async def outgoing(
        self, *, after: int = 0, limit: int, max_bytes: int, lane: Lane | None = None
    ) -> list[Outgoing]:
        """Return committed envelopes with a row id above `after`, by lane, then row id: at most `limit`.

        At least one is returned if there is one; further ones while they stay within `max_bytes`. An envelope that is
        to be sent again has a new row id.
        """
        found: list[Outgoing] = await self._ask(
            lambda core: core.outgoing(after=after, limit=limit, max_bytes=max_bytes, lane=lane), fallback=[]
        )
        return found

    async def streams(self) -> list[str]:
        """Return every stream that the store knows: the configured ones, and those that were once."""
        streams: list[str] = await self._ask(lambda core: core.streams())
        return streams

    async def heads(self) -> dict[str, int]:
        """Return the last seq that was given in this epoch, by stream."""
        heads: dict[str, int] = await self._ask(lambda core: core.heads())
        return heads

    async def log_head(self) -> LogHead:
        """Return where the disclosure log stands.

        Raises:
            StoreError: it cannot be read now.
        """
        head: LogHead = await self._ask(lambda core: core.log_head())
        return head

    async def load_counters(self, name: str) -> bytes | None:
        """Return the counters stored under a name, None for none.

        Raises:
            StoreError: they cannot be read now.
        """
        data: bytes | None = await self._ask(lambda core: core.load_counter(name))
        return data

    async def stats(self) -> OutboxStats:
        """Return counters and gauges."""
        stats: OutboxStats = await self._ask(lambda core: core.stats())
        return self._worker.describe(stats)
