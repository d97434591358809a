"""Walks one I2C adapter and every bus behind its multiplexers, and asks who is there.

In: an adapter's path, the models that can be recognised, a manner of asking. Out: an `Adapter`. Never: a write that
`inquiry` or `multiplexers` has not decided on and that was not told first; a multiplexer left otherwise than it was
found, unless it misses two calls; a wait without an end.

Multiplexers are looked for first and closed, so that what is on the adapter's own bus is told from what is behind. A
chip there hears everything that is sent to a bus behind, so its address is not asked for again; instead it is asked
the same as before through each channel: when it then answers otherwise, a second chip has its address. That a channel
is selected is told once; while it is walked it may be selected anew, and the others closed.

A bus on which three addresses in a row fail is given up: a line is held down then, and each of the remaining
addresses would take the kernel's whole second.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from agent.scanning.addresses import ADDRESSES, MULTIPLEXERS, presence
from agent.scanning.asking import drive, exchange
from agent.scanning.candidates import Candidates
from agent.scanning.findings import Adapter, Branch, Chip, Match, Owner
from agent.scanning.inquiry import Answer, inquire
from agent.scanning.multiplexers import recognise, selecting
from drivers.bus.api import I2cBus
from drivers.bus.linux_i2c import LinuxI2c
from drivers.bus.mux import Hop, MuxTree, Way
from drivers.errors import BusDenied, BusError, BusFault, BusGone, BusTimeout, NoAcknowledge
from drivers.identity import Ask, Certainty

DEADLINE_S: Final = 3.0
"""After this a transfer that has not come back is given up, and the bus with it."""
_MOST_FAILURES: Final = 3
_REMEDY: Final = (
    "The bus was given up: look for a line that is held low (a short, water in a plug, a chip without power), and "
    "switch the power off and on"
)
_CALLS: Final = 2
"""A multiplexer that missed its call would stay joined with what the walk looked at last."""
_CHANNELS: Final = range(8)
_DEEPEST: Final = 2
"""Multiplexers behind multiplexers that are looked behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to ask.

    Attributes:
        may: whether something may be sent: path of the bus, address, what, and whether a plain read has shown the
            chip to be one that takes commands.
        say: told of everything that is sent, before it is.
        owner: which driver of the kernel has an address: path of the adapter, address.
    """

    may: Callable[[str, int, Ask, bool], bool]
    say: Callable[[str, int, Ask], None]
    owner: Callable[[str, int], Owner]


@dataclass(slots=True)
class _Heard:
    """What a chip was asked and what it made of itself: to see whether it still does through a channel."""

    matches: tuple[Match, ...]
    last: Answer

    def differs(self, other: "_Heard") -> bool:
        """Return whether this cannot be the same single chip."""
        if [match.model for match in self.matches] != [match.model for match in other.matches]:
            return True
        certain = bool(self.matches) and self.matches[0].certainty is Certainty.CERTAIN
        return certain and self.last != other.last


@dataclass(slots=True)
class _Bus:
    """One bus while it is walked; where nobody was when multiplexers were looked for, nobody is looked for again."""

    way: Way
    bus: I2cBus
    above: Mapping[int, _Heard | None]
    chips: dict[int, Chip] = field(default_factory=dict)
    heard: dict[int, _Heard] = field(default_factory=dict)
    absent: set[int] = field(default_factory=set)
    problem: str = ""
    failures: int = 0
    last: BusError | None = None


class I2cScan:
    """One walk of one adapter."""

    def __init__(
        self, path: str, candidates: Candidates, *, manner: Manner, name: str = "", deadline_s: float = DEADLINE_S
    ) -> None:
        """Describe the walk; nothing is opened yet.

        Args:
            path: the adapter's device node.
            candidates: models that can be recognised.
            manner: how to ask.
            name: what the kernel calls the adapter.
            deadline_s: for one transfer.
        """
        self._path = path
        self._candidates = candidates
        self._manner = manner
        self._name = name
        self._adapter = LinuxI2c(path, deadline_s=deadline_s)
        self._tree = MuxTree(self._adapter)
        self._branches: list[_Bus] = []
        self._before: list[tuple[Way, int, int]] = []
        self._quick = True

    async def run(self) -> Adapter:
        """Return who is on the adapter's bus, and behind."""
        try:
            await self._adapter.open()
            await self._walk((), {})
        except BusError as error:
            self._branches = self._branches or [_Bus((), self._tree.bus(()), {})]
            self._branches[-1].problem = self._branches[-1].problem or _why(self._branches[-1], error)
        finally:
            await self._restore()
            await self._adapter.close()
        return Adapter(path=self._path, name=self._name, branches=tuple(map(self._branch, self._branches)))

    def _branch(self, bus: _Bus) -> Branch:
        chips = tuple(chip for _, chip in sorted(bus.chips.items()))
        return Branch(path=self._path, way=bus.way, chips=chips, problem=bus.problem)

    async def _walk(self, way: Way, above: Mapping[int, _Heard | None]) -> None:
        """Look at a bus, then at those behind it. What `above` maps to None is not asked through the channel."""
        bus = _Bus(way, self._tree.bus(way), above)
        self._branches.append(bus)
        multiplexers = await self._multiplexers(bus)
        for address in ADDRESSES:
            if bus.problem:
                return
            if address not in above and address not in bus.chips and address not in bus.absent:
                await self._visit(bus, address)
        if len(way) > _DEEPEST:
            return
        for address in multiplexers:
            self._tree.bus((*way, Hop(address, 0)))  # so that it is closed while another one is open
        known = {**above, **{address: bus.heard.get(address) for address in bus.chips}}
        for hop in [Hop(address, channel) for address in multiplexers for channel in _CHANNELS]:
            self._manner.say(bus.bus.path, hop.address, selecting(hop.selection))
            await self._walk((*way, hop), known)
            await self._compare(bus, hop)

    async def _multiplexers(self, bus: _Bus) -> list[int]:
        """Return where multiplexers are, and close them."""
        found = []
        for address in MULTIPLEXERS:
            if bus.problem or address in bus.above:
                continue
            present = await self._present(bus, address)
            if present is False:
                bus.absent.add(address)
            if present is not True:
                continue
            with _counting(bus):
                before = await self._recognised(bus, address)
                if before is not None:
                    self._before.append((bus.way, address, before))
                    bus.chips[address] = Chip(address=address, multiplexer=True)
                    found.append(address)
        return found

    async def _recognised(self, bus: _Bus, address: int) -> int | None:
        """Return what a multiplexer had joined, None for another chip.

        What breaks off is begun once more: until it is recognised a multiplexer is not put back, and its address
        would be asked for sensors, which joins what their registers' numbers say.
        """
        put, may = partial(self._put, bus.bus, address), partial(self._manner.may, bus.bus.path, address)
        first = list[Answer]()
        try:
            before = await drive(recognise(may), put, trail=first)
        except (BusFault, BusTimeout) as error:
            bus.last = error
        else:
            if before is not None or None not in first:
                return before
        before = await drive(recognise(may), put, trail=[])
        shown = first[0] if first else None
        return before if before is None or shown is None else shown[0]

    async def _visit(self, bus: _Bus, address: int) -> None:
        """Take note of who is at an address, if anybody."""
        present = await self._present(bus, address)
        if present is False:
            return
        if isinstance(present, Chip):
            bus.chips[address] = present
            return
        with _counting(bus):
            heard = await self._ask(bus.bus, address)
            if self._quick or any(match.certainty > Certainty.POSSIBLE for match in heard.matches):
                bus.heard[address] = heard
                bus.chips[address] = Chip(address=address, matches=heard.matches)

    async def _present(self, bus: _Bus, address: int) -> bool | Chip:
        """Return whether somebody is at an address; a chip where that is known without asking."""
        try:
            there = await self._put(bus.bus, address, presence(address) if self._quick else Ask(length=1)) is not None
        except BusDenied:
            bus.failures = 0
            return Chip(address=address, owner=self._manner.owner(self._path, address))
        except (BusFault, BusTimeout) as error:
            if not self._quick or isinstance(error, BusTimeout) or not await self._reads_only(bus, address):
                _fail(bus, error)
                return False
            return await self._present(bus, address)
        bus.failures = 0
        return there or (not self._quick and bool(self._candidates.at(address)))

    async def _reads_only(self, bus: _Bus, address: int) -> bool:
        """Return whether the adapter can read a byte where it could not write none, and keep to that."""
        with suppress(BusFault, BusTimeout):
            await self._put(bus.bus, address, Ask(length=1))
            self._quick = False
        return not self._quick

    async def _ask(self, bus: I2cBus, address: int) -> _Heard:
        trail: list[Answer] = []
        inquiry = inquire(address, self._candidates.at(address), partial(self._manner.may, bus.path, address))
        matches = await drive(inquiry, partial(self._put, bus, address), trail=trail)
        return _Heard(matches, trail[-1] if trail else None)

    async def _compare(self, bus: _Bus, hop: Hop) -> None:
        """Ask the chips of a bus once more through a channel that leads away from it."""
        behind = self._tree.bus((*bus.way, hop))
        for address, before in bus.heard.items():
            if not before.matches or bus.chips[address].doubt:
                continue
            with suppress(BusFault, BusTimeout):
                if before.differs(await self._ask(behind, address)):
                    where = f"behind channel {hop.channel} of the multiplexer at 0x{hop.address:02x}"
                    doubt = f"a second chip with this address is {where}: give one of them another address"
                    bus.chips[address] = replace(bus.chips[address], doubt=doubt)

    async def _put(self, bus: I2cBus, address: int, ask: Ask) -> Answer:
        """Ask one thing and return what was read, None where nobody acknowledged."""
        if ask.send:
            self._manner.say(bus.path, address, ask)
        try:
            return await exchange(bus, address, ask)
        except NoAcknowledge:
            return None

    async def _restore(self) -> None:
        """Let multiplexers join what they had joined, the innermost first."""
        for way, address, before in reversed(self._before):
            bus = self._tree.bus(way)
            self._manner.say(bus.path, address, selecting(before))
            for _ in range(_CALLS):
                with suppress(BusError):
                    await exchange(bus, address, Ask(send=bytes([before]), length=0))
                    break


def _why(bus: _Bus, error: BusError) -> str:
    """Return why a bus could not be walked on; one that hung is closed, which is what the next transfer finds."""
    return f"{bus.last}. {_REMEDY}" if isinstance(bus.last, BusTimeout) else str(error)


@contextmanager
def _counting(bus: _Bus) -> Generator[None]:
    """Count what fails on a bus; a bus that vanishes goes through."""
    try:
        yield
    except BusGone:
        raise
    except BusError as error:
        _fail(bus, error)


def _fail(bus: _Bus, error: BusError) -> None:
    bus.failures, bus.last = bus.failures + 1, error
    if bus.failures >= _MOST_FAILURES:
        bus.problem = f"{error}. {_REMEDY}"
