"""A whole walk of one I2C adapter: multiplexers, chips that answer oddly or not at all, and a wire that fails."""

import errno
import os
import random
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any, Final, TypeVar

import pytest

from agent.scanning import asking, i2c
from agent.scanning.addresses import ADDRESSES, MULTIPLEXERS
from agent.scanning.candidates import Candidates
from agent.scanning.findings import Adapter, Branch, Findings, Owner
from agent.scanning.i2c import I2cScan, Manner
from agent.scanning.inquiry import Answer
from agent.scanning.sections import sections
from drivers.bus.abandoned import Abandoned
from drivers.bus.api import I2cBus, Message, Read
from drivers.bus.linux_i2c import _ABSENT, _PROBLEMS
from drivers.bus.mux import MuxTree
from drivers.crc import crc8_sensirion
from drivers.errors import BusDenied, BusError, BusFault, BusGone, BusTimeout, NoAcknowledge
from drivers.identity import Ask, Touch
from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.chip import NotAcknowledged, SimulatedChip
from drivers.sim.tca9548a import Tca9548aChip
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.pasting import accepted, shown
from tests.support.scanning import ALL

Result = TypeVar("Result")
Parts = tuple[bytes | int, ...]
Trail = list[tuple[str, int, Ask, Answer]]

_PATH: Final = "/dev/i2c-1"
_CAREFUL, _BOLD, _QUIET = range(3)
_MUX, _KNOWN, _STRANGER, _ECHO, _ODD = range(5)
_MOST_CHIPS: Final = 7
_MOST_FAULTS: Final = 6
_DEEPEST: Final = 3
"""Hops to the buses furthest out that are looked at."""
_APART: Final = 64
"""Transactions between two faults, at least: more than one multiplexer takes from the first question to the last."""
_QUESTIONS: Final = 40
"""Transfers to one address of one bus, at most: is it there, what is it, and once more through each channel."""
_MEMORIES: Final = frozenset({*range(0x30, 0x38), *range(0x50, 0x60)})
_PLAIN: Final = Ask(length=3)
_BROKEN: Final = (errno.ENXIO, errno.EIO, errno.EAGAIN, errno.ETIMEDOUT)
"""What passes."""
_FATAL: Final = (errno.ENODATA, errno.EBUSY, errno.EPIPE)
"""Here: the transfer never comes back; a driver of the kernel has taken the address; the adapter is pulled out."""


class _Echo:
    """Shows what was written last, and joins nothing: a multiplexer by all that can be seen."""

    def __init__(self, last: int) -> None:
        self._last = last

    def write(self, data: bytes) -> None:
        self._last = data[-1] if data else self._last

    def read(self, length: int) -> bytes:
        return bytes([self._last]) * length

    def stop(self) -> None:
        pass


class _Stranger(_Echo):
    """Shows one byte, whatever it is told."""

    def write(self, data: bytes) -> None:
        pass


class _Odd(_Echo):
    """Answers something else each time, checksums among it, and now and then not at all."""

    def __init__(self, last: int) -> None:
        super().__init__(last)
        self._chance = random.Random(last)

    def write(self, data: bytes) -> None:
        if self._chance.random() < 0.2:
            raise NotAcknowledged
        super().write(data)

    def read(self, length: int) -> bytes:
        how = self._chance.randrange(5)
        if how == 0:
            raise NotAcknowledged
        if how == 1:
            return super().read(length)
        word = self._chance.randbytes(2)
        summed = (word + bytes([crc8_sensirion(word)])) * (length // 3 + 1)
        return summed[:length] if how == 2 else self._chance.randbytes(length)


@dataclass(slots=True)
class _World:
    """What an input describes.

    Attributes:
        manner: how may be asked.
        reads_only: the adapter can write no empty message.
        owned: an address that a driver of the kernel has, 0 for none.
        looked: the addresses that are looked at.
        chips: on the adapter's own bus.
        muxes: all real multiplexers, with what each has joined, and whether its address is its own in the world.
        faults: at which transaction which error comes, and at which of its messages.
        whole: whether only what passes goes wrong.
        through: whether somebody has left one multiplexer open to another: if the first one is missed, the second
            one seems to stand before it, and what is put back then has no way any more.
    """

    manner: int = _CAREFUL
    reads_only: bool = False
    owned: int = 0
    looked: list[int] = field(default_factory=list)
    chips: dict[int, SimulatedChip] = field(default_factory=dict)
    muxes: list[tuple[int, Tca9548aChip, int]] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    faults: dict[int, tuple[int, int]] = field(default_factory=dict)
    whole: bool = True
    through: bool = False

    @classmethod
    def read(cls, data: bytes) -> "_World":
        take = iter(data).__next__
        world = cls()
        try:
            flags, world.owned, chips = take(), take(), take() % (_MOST_CHIPS + 1)
            world.manner, world.reads_only = flags % 3, bool(flags & 0x40)
            for _ in range(chips):
                world._place(take(), take(), take(), take())
            at = take()
            while len(world.faults) < _MOST_FAULTS:
                world._break(at, take())
                at += _APART + take()
        except StopIteration:
            pass
        world.owned = world.owned if world.owned in ADDRESSES else 0
        near = {world.owned, 0x0B, 0x34, 0x50, 0x76, *MULTIPLEXERS, *world.taken}
        world.looked = list(ADDRESSES) if data[:1] >= b"\xf0" else sorted(near & set(ADDRESSES))
        return world

    def _place(self, where: int, kind: int, address: int, what: int) -> None:
        kind %= 5
        muxes = [one for _, one, _ in self.muxes]
        bus = where % 8 % (len(muxes) + 1)
        chips = muxes[bus - 1].channels[where // 8 % 8] if bus else self.chips
        if kind == _KNOWN:
            known = ALL[what % len(ALL)]
            address, chip = known.address, known.make()
        else:
            span = MULTIPLEXERS if kind == _MUX or (kind == _ECHO and address < 0xE0) else ADDRESSES
            address = span[address % len(span)]
            chip = {_MUX: Tca9548aChip, _STRANGER: _Stranger, _ECHO: _Echo, _ODD: _Odd}[kind](
                {} if kind == _MUX else what
            )
        if address in chips:
            return
        if bus and address in MULTIPLEXERS and any(chips is joined for joined in muxes[bus - 1].joined):
            self.through = True
        if isinstance(chip, Tca9548aChip):
            chip.write(bytes([what]))
            chip.stop()
            self.muxes.append((address, chip, what))
        chips[address] = chip
        self.taken.append(address)

    def _break(self, at: int, how: int) -> None:
        errors = _BROKEN if how < 0xE0 else _FATAL
        error = errors[how % len(errors)]
        self.faults[at] = error, how >> 4 & 1
        self.whole = self.whole and error in _BROKEN


class _Wire:
    """The adapter: an `I2cBus` without a thread, over the simulated one, that keeps everything that goes over it."""

    def __init__(self, world: _World) -> None:
        self.path = _PATH
        self.simulated = False
        self.abandoned = Abandoned()
        self.log: list[tuple[int, Parts]] = []
        self._world = world
        self._adapter = SimulatedAdapter(world.chips)
        self._gone = "it is not open"

    def mono_ns(self) -> int:
        """Return a time: some 7 ms for each transaction, so that what was selected is forgotten now and then."""
        return len(self.log) * 7_000_000

    async def open(self) -> None:
        self._gone = ""

    async def close(self) -> None:
        self._gone = "it is not open"

    async def transfer(self, address: int, messages: Sequence[Message]) -> list[bytes]:
        if self._gone:
            raise BusGone(self._gone, bus=_PATH, address=address)
        if address == self._world.owned:
            raise BusDenied("a driver of the kernel has it", bus=_PATH, address=address)
        parts = tuple(message.length if isinstance(message, Read) else message.data for message in messages)
        self.log.append((address, parts))
        try:
            return self._transact(address, parts)
        except OSError as error:
            raise self._translated(error.errno or 0, address) from error

    def _transact(self, address: int, parts: Parts) -> list[bytes]:
        if self._world.reads_only and parts == (b"",):
            raise OSError(errno.EOPNOTSUPP, "an empty message")
        error, at_message = self._world.faults.get(len(self.log), (0, 0))
        answers = self._adapter.transact(address, parts[:at_message] if error else parts)
        if error:
            raise OSError(error, "a fault")
        return answers

    def _translated(self, code: int, address: int) -> Exception:
        if code in {errno.ENODATA, errno.EPIPE}:
            self._gone = "it is not open"
            gone: type[BusError] = BusTimeout if code == errno.ENODATA else BusGone
            return gone("it did not come back", bus=_PATH, address=address)
        if code in _ABSENT:
            return NoAcknowledge("nobody answers", bus=_PATH, address=address)
        kind, problem = _PROBLEMS.get(code, (BusFault, os.strerror(code)))
        return kind(problem, bus=_PATH, address=address)


class _Witness:
    """Allows as the command does, and keeps what was allowed and what was said, with what was on the wire by then."""

    def __init__(self, manner: int, wire: _Wire) -> None:
        self._manner, self._wire = manner, wire
        self.allowed: set[tuple[int, bytes]] = set()
        self.said: dict[tuple[int, bytes], int] = {}

    def may(self, _path: str, address: int, ask: Ask, tame: bool) -> bool:  # noqa: FBT001 - as it is called
        allows = (
            ask.touch is Touch.NOTHING
            or self._manner == _BOLD
            or (self._manner == _CAREFUL and (tame or len(ask.send) == 1))
        )
        if allows:
            self.allowed.add((address, ask.send))
        return allows

    def say(self, _path: str, address: int, ask: Ask) -> None:
        self.said.setdefault((address, ask.send), len(self._wire.log))


class _Walk(I2cScan):
    """A walk that keeps what it has asked."""

    def __init__(self, path: str, candidates: Candidates, *, manner: Manner) -> None:
        super().__init__(path, candidates, manner=manner)
        self.trail: Trail = []

    async def _put(self, bus: I2cBus, address: int, ask: Ask) -> Answer:
        self.trail.append((bus.path, address, ask, None))
        answer = await super()._put(bus, address, ask)
        self.trail[-1] = bus.path, address, ask, answer
        return answer


async def _no_time(_seconds: float) -> None:
    """Let a pause pass at once."""


@contextmanager
def _looking_at(addresses: list[int]) -> Iterator[None]:
    """Have the walk look at these addresses only, and wait for nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(i2c, "ADDRESSES", addresses)
        patch.setattr(asking, "asyncio", SimpleNamespace(sleep=_no_time))
        yield


def _done(work: Coroutine[Any, Any, Result]) -> Result:
    """Return what a coroutine returns that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as ended:
        result: Result = ended.value
        return result
    work.close()
    raise AssertionError("it waits for something that never comes")


_built_in = cache(Candidates.built_in)


class Walks(Fuzzer):
    """A walk ends within its bound, sends only what it may and has said, and leaves multiplexers as it found them."""

    name = "scan-walk"
    inputs = 200_000

    def __init__(self) -> None:
        mux, deep = bytes([0, _MUX, 0, 0x22]), bytes([1 + 8 * 5, _MUX, 1, 0x01])
        chip = bytes([0, _KNOWN, 0, 3])
        fault = bytes([9, 1, 5, 0, 30, 0x12, 200, 3])
        seeds = [
            b"\0\0\1" + chip,
            b"\xf0\x76\2" + chip + bytes([0, _KNOWN, 0, 9]),
            b"\0\0\3" + mux + bytes([1 + 8 * 5, _KNOWN, 0, 3]) + chip + fault,
            b"\0\0\4" + mux + deep + bytes([2 + 8 * 2, _KNOWN, 0, 19]) + chip + fault,
            b"\1\0\3" + bytes([0, _MUX, 6, 0]) + bytes([0, _ODD, 0x62, 7]) + bytes([0, _STRANGER, 0x44, 0x5E]),
            b"\2\0\2" + mux + chip,
            b"\x40\0\3" + bytes([0, _ECHO, 3, 0]) + mux + bytes([1, _ODD, 0x70, 9]),
        ]
        words = (mux, deep, chip, fault, bytes([0, _ODD, 0x44, 0]), b"\xe0", b"\xe1", b"\xe2")
        self._mutate = Mutator(seeds=seeds, words=words, longest=48, joined=1)

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def run(self, data: bytes) -> bool:
        world = _World.read(data)
        wire = _Wire(world)
        witness = _Witness(world.manner, wire)
        manner = Manner(may=witness.may, say=witness.say, owner=lambda _path, _address: Owner(driver="somebody"))
        scan = _Walk(_PATH, _built_in(), manner=manner)
        scan._adapter, scan._tree = wire, MuxTree(wire, mono_ns=wire.mono_ns)  # type: ignore[assignment]
        with _looking_at(world.looked):
            found = _done(scan.run())
        _judge_findings(found, world)
        _judge_length(found, scan.trail, wire)
        _judge_questions(scan.trail, world)
        _judge_writes(wire, witness, world)
        _judge_multiplexers(found, world)
        return any(chip.best is not None for branch in found.branches for chip in branch.chips)


def _judge_findings(found: Adapter, world: _World) -> None:
    ways = [branch.way for branch in found.branches]
    assert ways[:1] == [()], "the adapter's own bus is not the first"
    assert len(set(ways)) == len(ways), "a bus twice"
    for branch in found.branches:
        addresses = [chip.address for chip in branch.chips]
        assert addresses == sorted(set(addresses)), "an address twice, or out of order"
        assert set(addresses) <= set(world.looked), "a chip where nobody has looked"
        assert not {hop.address for hop in branch.way} & set(addresses), "a multiplexer behind itself"
    for way in ways[1:]:
        above = next(branch for branch in found.branches if branch.way == way[:-1])
        assert way[-1].address in _multiplexers(above), "behind something that is no multiplexer"
    pasted = sections(Findings(adapters=(found,)))
    shown(pasted)
    sure = sum(chip.best is not None and not chip.doubt for branch in found.branches for chip in branch.chips)
    assert len(accepted(pasted).get("sensor", {})) == sure, "in force, and not sure"


def _judge_length(found: Adapter, trail: Trail, wire: _Wire) -> None:
    """A transfer selects each multiplexer of its way and closes the others, asked twice, and all of it once more."""
    behind = {(branch.way, address) for branch in found.branches for address in _multiplexers(branch)}
    assert len(found.branches) <= 1 + 8 * len(behind), "more buses than channels"
    assert all(len(branch.way) <= _DEEPEST for branch in found.branches), "too deep"
    asked = Counter((path, address) for path, address, _, _ in trail)
    assert max(asked.values(), default=0) <= _QUESTIONS, "too many questions to one address"
    each = 2 * (3 + 2 * len(MULTIPLEXERS) * _DEEPEST)
    assert len(wire.log) <= 2 * each * (len(trail) + 2 * len(behind)), "too many transactions"


def _judge_questions(trail: Trail, world: _World) -> None:
    plain: dict[tuple[str, int], Answer] = {}
    for path, address, ask, answer in trail:
        if ask == _PLAIN:
            plain[path, address] = answer
        if len(ask.send) > 1 and world.manner == _CAREFUL:
            shy = plain[path, address]
            assert shy is None or crc8_sensirion(shy[:2]) == shy[2], "a command to what takes none"


def _judge_writes(wire: _Wire, witness: _Witness, world: _World) -> None:
    for number, (address, parts) in enumerate(wire.log):
        assert address in ADDRESSES, "an address that is reserved"
        for sent in (part for part in parts if isinstance(part, bytes)):
            if not sent:
                assert address not in _MEMORIES, "a memory is written nothing to"
                continue
            assert world.manner != _QUIET, "something is sent that must not be"
            _judge_sent(address, sent, witness, number)


def _judge_sent(address: int, sent: bytes, witness: _Witness, number: int) -> None:
    closing = address in MULTIPLEXERS and sent == b"\0"
    said = witness.said.get((address, sent))
    assert closing or (said is not None and said <= number), "sent before it was said"
    selection = address in MULTIPLEXERS and len(sent) == 1
    assert (address, sent) in witness.allowed or selection, "sent without leave"


def _judge_multiplexers(found: Adapter, world: _World) -> None:
    """Look at them unless two chips share a multiplexer's address: then nobody can tell it anything alone."""
    clashes = any(world.taken.count(address) > 1 for address, _, _ in world.muxes)
    if clashes or not world.whole or (world.through and world.faults):
        return
    told = {address for branch in found.branches for address in _multiplexers(branch)}
    for address, mux, before in world.muxes:
        after = mux.read(1)[0]
        assert after == before or not (world.manner == _QUIET or address in told), "one is left otherwise than found"
        assert after in {before, 0}, "a multiplexer that was not recognised is left with something joined"


def _multiplexers(branch: Branch) -> set[int]:
    return {chip.address for chip in branch.chips if chip.multiplexer}


FUZZERS: tuple[Fuzzer, ...] = (Walks(),)
