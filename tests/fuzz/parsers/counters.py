"""What the agent has counted and kept in its own store: times, windows, bytes sent and written, budgets of noise."""

import json
import random
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise
from types import ModuleType
from typing import Final

import pytest

from agent import boots, budget, flash, given, obedience, receipts
from agent.boots import Boots
from agent.budget import Budget, BudgetSettings
from agent.buffer.records import Lane
from agent.clock import NS_PER_MS, Instant
from agent.flash import Flash
from agent.given import Given
from agent.privacy import ledgers, spans
from agent.privacy.ledger import DAY_MS, Verdict
from agent.privacy.ledger import Budget as NoiseBudget
from agent.privacy.ledgers import Found, Ledgers
from agent.receipts import ReceiptVerifier, _Seen
from agent.wire.messages import ClockQuality, ClockStamp
from agent.wire.stamp import read_stamp, stamp_map
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator
from tests.fuzz.parsers.saved import _DEEP, _VALUES, _json
from tests.fuzz.trees import TreeMutator
from tests.support.outbox import STATS
from tests.support.uplink import FakeClock

_BOOT, _OTHER, _THIRD = bytes([1]) * 16, bytes([2]) * 16, bytes([3]) * 16
_KEY: Final = bytes(8)
_UTC_MS: Final = 1_790_000_000_000
_MOST_VALUES: Final = 5000
_UNSET: Final = ClockStamp(quality=ClockQuality.UNSET)
_LARGE: Final = (
    1 << 62,
    (1 << 62) - 1,
    (1 << 62) + 1,
    2**53,
    250_000_000_000_000,
    10**15,
    "2026-09-21",
    "9999-12-31",
)


def _short(tree: object) -> bytes:
    """Return a tree as JSON; one that repeats itself beyond all measure would try nothing but patience."""
    left, counted = [tree], 0
    while left and counted < _MOST_VALUES:
        one, counted = left.pop(), counted + 1
        if isinstance(one, list | dict):
            left += one.values() if isinstance(one, dict) else one[:_MOST_VALUES]
    return _DEEP if left else _json(tree)


class _Told:
    """Counts what is warned of."""

    def __init__(self) -> None:
        self.warnings = 0

    def warning(self, _text: str) -> None:
        self.warnings += 1


@contextmanager
def _listening(module: ModuleType) -> Iterator[_Told]:
    told = _Told()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_LOG", told)
        yield told


class _Kept(Fuzzer):
    """Bytes that were kept under a name."""

    def __init__(self, *examples: bytes, keys: Sequence[str] = ("version", "format", "")) -> None:
        self._trees = TreeMutator(
            seeds=examples, loads=json.loads, dumps=_short, values=(*_VALUES, *_LARGE), keys=keys
        )
        words = (b"[", b"{}", b"9" * 400, b"NaN", b"-1", b"1e3")
        self._bytes = Mutator(seeds=[*examples, _DEEP], words=words, longest=4000, joined=1)

    def make(self, chance: random.Random) -> bytes:
        return self._trees(chance) if chance.random() < 0.8 else self._bytes(chance)

    @abstractmethod
    def run(self, data: bytes) -> bool: ...


class Times(_Kept):
    """Damaged times are none, which is told; of others each row gets a stamp that can be sent, and a date that is."""

    name = "saved-times"

    def __init__(self) -> None:
        first = Boots(_OTHER)
        first.note(_instant(60_000, _UTC_MS))
        third = Boots(_BOOT, Boots(_THIRD, first.export()).export())
        third.note(_instant(5_000, _UTC_MS + DAY_MS))
        super().__init__(first.export(), third.export(), Boots(_BOOT).export())

    def run(self, data: bytes) -> bool:
        with _listening(boots) as told:
            found = Boots(_BOOT, data)
        before = found.export()
        assert told.warnings <= 1
        assert not told.warnings or before == Boots(_BOOT).export(), "told to be damaged, and half believed"
        assert Boots(_BOOT, before).export() == before, "exported it is another one"
        assert len(found._after) <= boots.MOST
        datetime.fromtimestamp(found.floor_ms // 1000, tz=UTC)
        for boot in (_BOOT, _OTHER, _THIRD, None):
            self._judge(found, boot)
        found.note(_instant(10_000, _UTC_MS))
        assert found.floor_ms >= _UTC_MS - 10, "a time that has passed is forgotten"
        return before != Boots(_BOOT).export()

    @staticmethod
    def _judge(found: Boots, boot: bytes | None) -> None:
        stamp = found.place(_UNSET, boot, start_ms=0, end_ms=60_000)
        assert read_stamp(stamp_map(stamp)) == stamp, "sent it says something else"
        placed = None if boot is None else found.placed(boot)
        if placed is not None:
            datetime.fromtimestamp(placed[1] // 1000, tz=UTC)


def _instant(mono_ms: int, utc_ms: int) -> Instant:
    return Instant(mono_ns=mono_ms * NS_PER_MS, utc_ns=utc_ms * NS_PER_MS, synchronised=True, error_ms=10)


class Windows(_Kept):
    """Damaged windows are none, which is told; of others none that was given out is forgotten, whatever is added."""

    name = "saved-windows"

    def __init__(self) -> None:
        kept = Given(_BOOT)
        for stream, boot, start_ms in (
            ("air", None, _UTC_MS),
            ("air", None, _UTC_MS + DAY_MS),
            ("dust", _BOOT, 60_000),
            ("air", _BOOT, 0),
        ):
            kept.spans(stream, boot).add(start_ms, step_ms=60_000)
        first = b'{"version":1,"starts":{"utc":{"air":1790000000000},"%s":{"dust":7}}}' % _BOOT.hex().encode()
        super().__init__(kept.export(), first, keys=("version", "spans", "starts", "utc", _BOOT.hex(), "air"))

    def run(self, data: bytes) -> bool:
        with _listening(given) as told:
            found = Given(_BOOT, data)
        before = found.export()
        assert told.warnings <= 1
        assert not told.warnings or before == Given(_BOOT).export(), "told to be damaged, and half believed"
        assert Given(_BOOT, before).export() == before, "exported it is another one"
        for key in [("air", None), ("dust", _BOOT), ("air", _BOOT)]:
            kept, earlier = found.spans(*key), list(found.spans(*key))
            for start_ms in (0, 60_000, _UTC_MS, _UTC_MS + 3 * DAY_MS, 2**52):
                kept.add(start_ms, step_ms=60_000)
                assert start_ms in kept
            assert all(start in kept for one in earlier for start in one), "one that was given out is forgotten"
            assert len(list(kept)) <= spans.MOST
            assert all(first[1] < second[0] for first, second in pairwise(kept)), "out of order"
        assert json.loads(Given(_BOOT, found.export()).export()) == json.loads(found.export())
        return before != Given(_BOOT).export()


_CAPS: Final = BudgetSettings(
    messages_per_minute=60, bytes_per_minute=6000, day_bytes=200_000, month_bytes=1_000_000, billing_day=31
)


class Traffic(_Kept):
    """Whatever is kept, no lane may send more, or earlier, than with counts from nothing; what is damaged is told."""

    name = "saved-traffic"
    inputs = 400_000

    def __init__(self) -> None:
        clock = FakeClock(utc=_UTC_MS * NS_PER_MS)
        spent = Budget(_CAPS, clock=clock)
        spent.charge(150_000, messages=3)
        unset = Budget(_CAPS, clock=FakeClock(utc=0, synchronised=False, error_ms=None))
        unset.charge(7)
        super().__init__(spent.export(), spent.export(ahead_bytes=0), unset.export(), keys=("format", "day", "month"))

    def run(self, data: bytes) -> bool:
        taken = [self._run(data, dated=dated) for dated in (True, False)]
        return any(taken)

    def _run(self, data: bytes, *, dated: bool) -> bool:
        clock = FakeClock(utc=_UTC_MS * NS_PER_MS, synchronised=dated, error_ms=10 if dated else None)
        with _listening(budget) as told:
            found = Budget(_CAPS, clock=clock, saved=data)
        fresh = Budget(_CAPS, clock=clock)
        assert told.warnings <= 1
        assert not told.warnings or found.spending() == fresh.spending(), "told to be damaged, and half believed"
        _judge_waits(found, fresh)
        before = found.spending()
        again = Budget(_CAPS, clock=clock, saved=found.export(ahead_bytes=0))
        assert again.spending() == before, "exported it is another one"
        ahead = Budget(_CAPS, clock=clock, saved=found.export())
        _judge_waits(ahead, found)
        found.charge(5000)
        fresh.charge(5000)
        clock.advance(90_000)
        _judge_waits(found, fresh)
        return before != Budget(_CAPS, clock=clock).spending()


def _judge_waits(less: Budget, more: Budget) -> None:
    for lane in Lane:
        for wire_bytes in (1, 60_000, 195_000):
            assert less.wait_s(lane, wire_bytes) >= more.wait_s(lane, wire_bytes), "it may send more"


class Written(_Kept):
    """Damaged counts of the flash are none, which is told; others go on from where they were, and never go down."""

    name = "saved-flash"

    def __init__(self) -> None:
        kept = _flash(None, day=date(2026, 9, 20))
        kept.look(STATS)
        super().__init__(kept.export(), _flash(None).export(), keys=("format", "day", "day_bytes", "total_bytes"))

    def run(self, data: bytes) -> bool:
        with _listening(flash) as told:
            found = _flash(data)
            before, empty = found.state(), _flash(None)
            assert told.warnings <= 1
            assert not told.warnings or found.export() == empty.export(), "told to be damaged, and half believed"
            assert _flash(found.export()).export() == found.export(), "exported it is another one"
            found.look(STATS)
        after = found.state()
        assert _total(after) >= _total(before), "what was written is forgotten"
        assert _flash(found.export()).export() == found.export(), "exported it is another one"
        return before != empty.state()


def _flash(saved: bytes | None, *, day: date = date(2026, 9, 21)) -> Flash:
    return Flash(lambda: 5000, today=lambda: (day, 100), clock=FakeClock(), limit=10_000, saved=saved)


def _total(state: dict[str, object]) -> int:
    total = state["total_bytes"]
    assert isinstance(total, int)
    return total


_NOISE: Final = NoiseBudget(epsilon=(1, 3), daily=(2, 1))
_DAY: Final = _UTC_MS // DAY_MS * DAY_MS


class Grants(_Kept):
    """A damaged budget of noise grants nothing that day, a sound one never more than a day's, with kills too."""

    name = "saved-grants"
    inputs = 200_000

    def __init__(self) -> None:
        streams = {"air": [_DAY + 60_000, 2, 3, False], "dust": [_DAY - DAY_MS, 2, 1, False], "b": [None, 0, 1, True]}
        missing = {"air": [_DAY, 0, 1, True]}
        super().__init__(
            _json({"version": 1, "streams": streams}),
            _json({"version": 1, "streams": missing}),
            keys=("version", "streams", "air", "dust"),
        )

    def make(self, chance: random.Random) -> bytes:
        body = super().make(chance)
        return ledgers._checksum(body) + b"\n" + body if chance.random() < 0.9 else body

    def run(self, data: bytes) -> bool:
        budgets = {"air": _NOISE, "dust": _NOISE}
        found = Ledgers(budgets, data)
        sound = found.found is Found.SOUND
        granted = []
        for stream in budgets:
            account = found.of(stream).account
            today = account.last_ms is not None and account.last_ms // DAY_MS == _DAY // DAY_MS
            spent = account.spent if today else Fraction(0)
            first = self._granted(budgets, found.export(), stream, day_ms=_DAY + 120_000)
            second = self._granted(budgets, found.export(), stream, day_ms=_DAY + DAY_MS)
            assert sound or first == 0, "damaged, and it grants"
            assert spent <= 2 or first == 0, "overdrawn, and it grants"
            assert first == 0 or spent + Fraction(first, 3) <= 2, "more than the day's budget"
            assert second <= 6, "more than the day's budget"
            granted.append(first)
        return any(granted)

    @staticmethod
    def _granted(budgets: dict[str, NoiseBudget], saved: bytes, stream: str, *, day_ms: int) -> int:
        """Return how many windows of one day are granted, by a process that is killed after each."""
        granted = 0
        for number in range(8):
            kept = Ledgers(budgets, saved)
            verdict = kept.of(stream).spend(day_ms + number * 60_000, synchronised=True)
            granted += verdict is Verdict.GRANTED
            saved = kept.export()
        return granted


class Seen(_Kept):
    """Damaged receipts are none, which is told; of others none that was overtaken is believed after a restart."""

    name = "saved-receipts"

    def __init__(self) -> None:
        seen = ReceiptVerifier({}, unit="corner")
        for receiver in (_BOOT[:8], _OTHER[:8]):
            seen._seen[_KEY, receiver] = _Seen(bytes(8), {"air": (7, bytes(8)), "dust": (0, bytes(8))})
        keys = ("version", "receivers", "key", "receiver", "epoch", "last", "air")
        super().__init__(seen.export(), ReceiptVerifier({}, unit="corner").export(), keys=keys)

    def run(self, data: bytes) -> bool:
        found, again = ReceiptVerifier({}, unit="corner"), ReceiptVerifier({}, unit="corner")
        with _listening(receipts) as told:
            found.restore(data)
        assert told.warnings <= 1
        assert not told.warnings or not found._seen, "told to be damaged, and half believed"
        again.restore(found.export())
        assert again._seen == found._seen, "exported it is another one"
        for seen in found._seen.values():
            assert all(counter >= 0 for counter, _ in seen.last.values()), "a counter that none has"
        return bool(found._seen)


class Versions(_Kept):
    """A version that was kept is read again; what is none is as good as nothing, which is told."""

    name = "saved-orders"

    def __init__(self) -> None:
        super().__init__(b"7", b"0", b"9223372036854775807")

    def run(self, data: bytes) -> bool:
        with _listening(obedience) as told:
            found = obedience._version(data)
        assert told.warnings == (found is None), "not told"
        assert found is None or 0 <= found < 1 << 63, "a version that none has"
        assert found is None or obedience._version(str(found).encode()) == found, "written again it is another one"
        return found is not None


FUZZERS: tuple[Fuzzer, ...] = (Times(), Windows(), Traffic(), Written(), Grants(), Seen(), Versions())
