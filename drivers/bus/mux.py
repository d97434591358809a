"""I2C multiplexers of the TCA9548A's kind: each of their channels is a bus of its own.

In: transactions for a chip behind a channel. Out: the same transactions on the adapter's bus, with the channel
selected. Never: another transaction of this process between the selection and the transfer; a second way open.

The rules of the chip ("TCA9548A-Q1", SCPS273C, control register; the TCA9548A alike): one byte written to it is its
control register, bit n joins channel n; several may be joined; a channel is joined after the STOP, so selection and
transfer are two transactions; at power-up none is joined. PCA9548A is the same in this (unverified).

A way from the adapter to a chip is a list of hops. Before a transfer each multiplexer on the way selects its channel
and every other multiplexer on the same buses selects none, so that only one way is open and chips on different ways
may share addresses. What a multiplexer has selected is remembered and not written again, but that memory is trusted
only for `TRUSTED_S`, and not after any failure of any transfer behind that adapter, nor after it was opened anew: the
multiplexer may have lost power, and another process may have used it. Where a way was not selected afresh and nobody
answers, it is selected once more and the transfer repeated: a chip that was never reached has heard nothing.

A chip that holds a line low stops everything that is joined with it. So after a fault or a timeout behind a
multiplexer the way is closed at once, and the rest of the bus goes on. Only when even that fails is the whole bus
down; then the multiplexer's RESET pin or its power has to be switched, which no software can do here.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from drivers.bus.abandoned import Abandoned
from drivers.bus.api import I2cBus, Message, Write
from drivers.errors import BusError, BusFault, BusTimeout, NoAcknowledge

TRUSTED_S: Final = 0.1
"""A selection costs 0.2 ms at 100 kHz; within a sample of many transfers it is spared, between samples it is not."""
_NONE: Final = 0x00
_CALLS: Final = 2
_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Hop:
    """One channel of one multiplexer.

    Attributes:
        address: of the multiplexer, on the bus that the hops before lead to.
        channel: 0 to 7.
    """

    address: int
    channel: int

    @property
    def selection(self) -> int:
        """What is written to the multiplexer."""
        return 1 << self.channel


Way = tuple[Hop, ...]
"""From the adapter outwards."""
_Chip = tuple[Way, int]
"""One multiplexer: the way to its bus, and its address there."""


class MuxTree:
    """One adapter with the multiplexers behind it. All that use the adapter must use it through this.

    Attributes:
        adapter: the bus at its root.
        abandoned: the adapter's threads that hang.
    """

    def __init__(
        self,
        adapter: I2cBus,
        *,
        mono_ns: Callable[[], int] = time.monotonic_ns,
        abandoned: Abandoned | None = None,
    ) -> None:
        """Describe the tree; `bus` adds to it.

        Args:
            adapter: the bus at its root.
            mono_ns: for the age of what is remembered.
            abandoned: the adapter's threads that hang.
        """
        self.adapter = adapter
        self.abandoned = Abandoned() if abandoned is None else abandoned
        self._mono_ns = mono_ns
        self._turn = asyncio.Lock()
        self._chips: list[_Chip] = []
        self._selected: dict[_Chip, tuple[int, int]] = {}

    def bus(self, way: Way) -> "MuxBus":
        """Return the bus at the end of a way; of no hops, the adapter's own bus."""
        for depth, hop in enumerate(way):
            chip = (way[:depth], hop.address)
            if chip not in self._chips:
                self._chips.append(chip)
        return MuxBus(self, way)

    def forget(self) -> None:
        """Trust nothing that was selected before."""
        self._selected.clear()

    async def transfer(self, way: Way, address: int, messages: Sequence[Message]) -> list[bytes]:
        """Run a transaction at the end of a way; see `I2cBus.transfer`.

        A cancelled one is finished on the wire, its answer is lost; the next one opens its own way.
        """
        async with self._turn:
            fresh = await self._open(way)
            try:
                return await self._attempt(way, address, messages)
            except NoAcknowledge:
                if fresh or not way:
                    raise
            await self._open(way)  # afresh: nothing is remembered after a failure
            return await self._attempt(way, address, messages)

    async def _open(self, way: Way) -> bool:
        """Open a way and close all others; return whether anything was written for that."""
        fresh = False
        for depth, hop in enumerate(way):
            bus = way[:depth]
            for chip in [chip for chip in self._chips if chip[0] == bus and chip[1] != hop.address]:
                fresh |= await self._shut(way, chip)
            try:
                fresh |= await self._select(way, (bus, hop.address), hop.selection)
            except NoAcknowledge as error:
                problem = (
                    f"the multiplexer at 0x{hop.address:02x} does not answer: check wiring, power and address pins"
                )
                raise NoAcknowledge(problem, bus=error.bus) from error
        return fresh

    async def _shut(self, way: Way, chip: _Chip) -> bool:
        """Let a multiplexer join nothing; return whether that had to be written.

        One that does not answer is not there, and joins nothing. But it is asked twice: if it only missed its call,
        its chips would answer together with those of the way, and nobody could tell.
        """
        for _ in range(_CALLS):
            try:
                return await self._select(way, chip, _NONE)
            except NoAcknowledge:
                continue
        self._selected[chip] = _NONE, self._mono_ns()
        return True

    async def _select(self, way: Way, chip: _Chip, selection: int) -> bool:
        """Let a multiplexer join these channels; return whether that had to be written."""
        now_ns = self._mono_ns()
        known = self._selected.pop(chip, None)  # unknown while it is being written, also if that is cancelled
        if known is not None and known[0] == selection and now_ns - known[1] < TRUSTED_S * _NS:
            self._selected[chip] = known
            return False
        await self._attempt(way, chip[1], [Write(bytes([selection]))])
        self._selected[chip] = selection, now_ns
        return True

    async def _attempt(self, way: Way, address: int, messages: Sequence[Message]) -> list[bytes]:
        """Run a transaction as things are; after a failure trust nothing, and close a way where something hangs."""
        try:
            return await self.adapter.transfer(address, messages)
        except BusError as error:
            self._selected.clear()
            if way and isinstance(error, BusTimeout | BusFault):
                await self._close(way[0], error)
            raise

    async def _close(self, first: Hop, failure: BusError) -> None:
        """Cut off everything behind the first multiplexer of a way, so that the rest of the bus works on.

        Raises:
            BusError: of the kind of `failure`, because even that fails.
        """
        try:
            await self.adapter.transfer(first.address, [Write(bytes([_NONE]))])
        except (BusTimeout, BusFault) as error:
            problem = (
                f"{failure.problem}; the multiplexer at 0x{first.address:02x} cannot be reached either, so something "
                "behind it holds the whole bus: switch its power off and on, look for water in plugs"
            )
            raise type(failure)(problem, bus=failure.bus, address=failure.address) from error
        except BusError:
            return
        self._selected[(), first.address] = _NONE, self._mono_ns()


class MuxBus:
    """The bus at the end of a way: an `I2cBus`.

    Attributes:
        path: the adapter's device node, and the way in words.
        abandoned: threads that hang: the adapter's for its own bus, none for those behind multiplexers, which have
            no thread.
    """

    def __init__(self, tree: MuxTree, way: Way) -> None:
        self.path = tree.adapter.path + "".join(f" mux 0x{hop.address:02x} channel {hop.channel}" for hop in way)
        self.abandoned = Abandoned() if way else tree.abandoned
        self._tree = tree
        self._way = way

    @property
    def simulated(self) -> bool:
        """Whether the adapter is."""
        return self._tree.adapter.simulated

    async def open(self) -> None:
        """Open the adapter if it is not open; see `Bus.open`."""
        await self._tree.adapter.open()

    async def close(self) -> None:
        """Close the adapter, with all buses behind it; see `Bus.close`."""
        self._tree.forget()
        await self._tree.adapter.close()

    async def transfer(self, address: int, messages: Sequence[Message]) -> list[bytes]:
        """Run one transaction; see `I2cBus.transfer`."""
        try:
            return await self._tree.transfer(self._way, address, messages)
        except BusError as error:
            if not self._way:
                raise
            raise type(error)(error.problem, bus=self.path, address=error.address) from error
