"""What stored rows cite: the declaration they were made under, and the context they share with their neighbours.

In: an open database. Out: declarations and contexts as values, written where they are new. Never: one forgotten that
a stored row may still cite.
"""

from typing import Final

from agent.buffer.state import Context, Declared, Word, WordKind
from agent.buffer.store import Database
from agent.buffer.tables import CONTEXT, DECLARATION, WORD

_CONTEXTS_KEPT: Final = 64


class Cited:
    """Declarations and contexts in memory, by their ids."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.declared: dict[int, Declared] = {}
        self.contexts: dict[int, Context] = {}
        self._context_ids: dict[tuple[int, bytes | None, int, bytes], Context] = {}

    def _load_cited(self) -> None:
        self.declared = {declared.id: declared for declared in DECLARATION.read(self.db)}
        self.contexts, self._context_ids = {}, {}
        for context in CONTEXT.read(self.db):
            self._remember_context(context)

    def find_declared(self, digest: bytes) -> Declared | None:
        """Return the newest declaration with a hash."""
        return next((declared for declared in reversed(self.declared.values()) if declared.hash == digest), None)

    def add_declared(self, digest: bytes, content: bytes | None) -> Declared:
        """Store a declaration under a new id; the same hash keeps the seq it took in this epoch."""
        before = self.find_declared(digest)
        declared = Declared(
            id=max(self.declared, default=0) + 1,
            hash=digest,
            content=content or (before.content if before else None),
            seq=before.seq if before else None,
        )
        self.declared[declared.id] = declared
        DECLARATION.write(self.db, declared)
        WORD.write(self.db, Word.of(WordKind.DECLARATION, declared.id, digest))
        return declared

    def drop_declarations(self, *, before: int, receipted: int) -> None:
        """Forget declarations older than `before` that are receipted, never were sent, or were stored again since."""
        newest = {declared.hash: declared.id for declared in self.declared.values()}
        last = max(self.declared, default=0)
        for declared in list(self.declared.values()):
            settled = declared.seq is None or declared.seq <= receipted or newest[declared.hash] != declared.id
            if settled and declared.id < min(before, last):
                DECLARATION.delete(self.db, declared.id)
                WORD.delete(self.db, Word.of(WordKind.DECLARATION, declared.id, b"").id)
                del self.declared[declared.id]

    def context(
        self, *, declaration: int, boot_id: bytes | None, step_ms: int, clock: bytes, clock_group: int
    ) -> Context:
        """Return what a row shares with its neighbours, stored if it is new."""
        found = self._context_ids.get((declaration, boot_id, step_ms, clock))
        if found is None:
            found = Context(
                id=max(self.contexts, default=0) + 1,
                declaration=declaration,
                boot_id=boot_id,
                step_ms=step_ms,
                clock=clock,
                clock_group=clock_group,
            )
            self._remember_context(found)
            CONTEXT.write(self.db, found)
        return found

    def _remember_context(self, context: Context) -> None:
        self.contexts[context.id] = context
        self._context_ids[context.declaration, context.boot_id, context.step_ms, context.clock] = context

    def _forget_contexts(self) -> None:
        """Delete, where there are many, the contexts that no fresh row refers to; the newest stays."""
        if len(self.contexts) <= _CONTEXTS_KEPT:
            return
        used = {row[0] for row in self.db.all("SELECT DISTINCT context FROM fresh")} | {max(self.contexts)}
        for context in [context for context in self.contexts.values() if context.id not in used]:
            CONTEXT.delete(self.db, context.id)
            del self.contexts[context.id]
            del self._context_ids[context.declaration, context.boot_id, context.step_ms, context.clock]
