"""The outbox's file, in whatever state it is: opened, salvaged, read again, begun, closed.

In: what the outbox is opened with. Out: the parts of an open store that may be read, or written, now. Never: a piece
of work, or a store given up because it was damaged.
"""

import logging
from typing import Final

from agent.buffer import files
from agent.buffer.applying import Applying
from agent.buffer.errors import StoreDamaged, StoreUnavailable
from agent.buffer.opening import Parts, Setup
from agent.buffer.orders import Orders
from agent.errors import StoreError

_LOG: Final = logging.getLogger("agent.buffer.core")  # the name an operator looks for; this is a part of it


class Access:
    """A store that is made ready each time it is used. Every method is called on one thread."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._limits = setup.limits
        self._orders = Orders()
        self._stale = False
        self._closed = True
        self._damaged = False
        self._doubt: StoreError | None = None
        self._begun = False
        self._counted = False
        files.prepare(setup.path, unit=setup.unit)
        try:
            self._attach(history=True)
        except StoreDamaged:
            self.recover()

    @property
    def epoch(self) -> bytes:
        """8 bytes, made with the store."""
        return self._parts.ledger.meta.epoch

    @property
    def session(self) -> int:
        """How often the store was opened."""
        return self._parts.ledger.meta.session

    def recover(self) -> None:
        """Set the damaged store aside and go on with what could be read of it, in a new epoch.

        Raises:
            StoreUnavailable: there is no space for it, or the directory cannot be used.
        """
        from agent.buffer.salvage import salvage  # noqa: PLC0415 - half a megabyte that few stores ever need

        self._detach()
        self._damaged = True
        setup = self._setup
        salvage(setup.path, unit=setup.unit, streams=setup.streams, limits=self._limits, moment=setup.moment)
        self._damaged, self._counted = False, False
        self._attach(history=True)

    def reopen(self) -> None:
        """Open the file again after it could not be used.

        Raises:
            StoreDamaged: it is not what was left here.
            StoreUnavailable: it still cannot be used.
        """
        self._detach()
        if self._damaged:
            self.recover()
        else:
            self._attach(history=False)  # closing it may have removed the WAL

    def _detach(self) -> None:
        if not self._closed:
            self._parts.db.close()
        self._closed = True

    def _attach(self, *, history: bool) -> None:
        """Open the file. If it can be read and not written, it is open all the same, and written when it can be."""
        self._parts = Parts.open(self._setup, history=history)
        self._applying = Applying(self._parts, self._setup)
        self._parts.ledger.command(self._orders)
        self._closed, self._stale, self._begun, self._doubt = False, False, False, None
        try:
            self._begin()
        except StoreUnavailable as error:
            _LOG.warning("the outbox can be read but not written: %s", error)

    def _begin(self) -> None:
        try:
            boot_id = self._setup.boot_id
            self._parts.begin(self._setup.streams, session=not self._counted, boot_id=boot_id)
        except StoreError:
            self._abandon()
            raise
        self._begun = self._counted = True

    def _readable(self) -> None:
        """Open the store again, or read its state again, where that is needed; nothing is written.

        Raises:
            StoreUnavailable: it cannot be read now.
            StoreDamaged: the last commit found, after it was done, that the store is.
        """
        if self._doubt is not None:
            raise self._doubt
        if self._closed:
            self.reopen()
        if self._stale:
            self._parts.rows.forget()
            self._parts.ledger.load()
            if self._begun:  # otherwise it is loaded when the store is begun
                self._parts.log.load()
            self._stale = False

    def _ready(self) -> None:
        """Make the store ready to be written, from whatever state it is in.

        Raises:
            StoreUnavailable: it cannot be used now.
            StoreDamaged: the last commit found, after it was done, that the store is.
        """
        self._readable()
        if not self._begun:
            self._begin()

    def _abandon(self) -> None:
        """Forget a transaction."""
        self._stale = True
        self._parts.db.rollback()

    def govern(self, orders: Orders) -> None:
        """Have the streams run, be held or suspended from now on."""
        self._orders = orders
        self._parts.ledger.command(orders)

    def close(self) -> None:
        """Fold the WAL in and note that nothing is missing.

        Raises:
            StoreError: that could not be written; everything committed is there.
        """
        try:
            self._ready()
            self._parts.end()
        finally:
            self._detach()
