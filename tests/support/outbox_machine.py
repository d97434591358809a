"""The outbox as a state machine beside its model: see `tests.support.outbox_model` for what must hold.

Every rule is one transaction, or one misfortune; after each the whole store is read and compared. In the end
everything is delivered, and what the city has is compared with what was offered.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256, shake_128
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from agent.buffer.core import Core
from agent.buffer.embargo import Embargo
from agent.buffer.errors import StoreDamaged
from agent.buffer.opening import Setup
from agent.buffer.orders import Orders
from agent.buffer.records import Limits, Overflow, ReceiptOutcome, StreamPolicy
from agent.buffer.rows import encode_row
from agent.buffer.wal import PAGE_BYTES, wal_path
from agent.buffer.work import Done, Loss, Purge, Reception, Rows, Work
from agent.moment import moment
from agent.receipts import ReceiptVerifier, Replayed
from agent.wire.keyfile import SigningKey
from agent.wire.orders import Order
from tests.support.outbox import CLOCK, DESTINATION, STEP_MS, UNIT, StillClock, copied, row
from tests.support.outbox_city import Issued, ModelCity
from tests.support.outbox_model import Books, Census, CompactMaker, Place, windows_of

BUDGET = settings(
    max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
"""What a run of the ordinary tests takes: seconds."""
LIMITS = Limits(max_bytes=1_000_000, free_floor_bytes=0, loss_window_s=0, retain_s=7200, log_bytes=100_000)
"""The smallest that the configuration takes."""
FAST = Path("/dev/shm")
"""Nothing is synced there: what a sync is for is shown elsewhere."""

OLDEST = StreamPolicy(overflow=Overflow.DROP_OLDEST, batch_rows=10, backlog_rows=60, columns=60)
NEWEST = replace(OLDEST, overflow=Overflow.DROP_NEWEST)
CONFIGURATIONS = (
    {"air": OLDEST, "noise": NEWEST},
    {"air": replace(OLDEST, batch_rows=5, backlog_rows=15), "noise": NEWEST},
    {"noise": replace(NEWEST, columns=20), "wind": replace(OLDEST, columns=64)},
    {"air": NEWEST, "noise": OLDEST},
)
"""One is in force at a time. The first has every policy; a stream that is gone from another drains all the same."""
STREAMS = ("air", "noise", "wind")


def _values(start_ms: int, columns: int) -> tuple[int, ...]:
    """Return numbers that nothing makes shorter: so few rows fill a store."""
    digest = shake_128(start_ms.to_bytes(8, "big")).digest(7 * columns)
    return tuple(int.from_bytes(digest[at : at + 7], "big") for at in range(0, 7 * columns, 7))


class OutboxMachine(RuleBasedStateMachine):
    """One outbox with its files, a city, and the books."""

    key: SigningKey
    count: "Count"

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory(dir=FAST if FAST.is_dir() else None)
        self.lives = 0
        self.clock = StillClock()
        self.configuration = 0
        self.orders: dict[str, Order] = {}
        self.books = Books()
        self.city = ModelCity(self.key)
        self.next = dict.fromkeys(STREAMS, 0)
        self.was_damaged = self.was_restored = False
        self.believed: dict[tuple[bytes, str], int] = {}
        self.delivered: list[Issued] = []
        self.in_memory = 0

    @initialize()
    def begin(self) -> None:
        """Make the store."""
        self.count.histories += 1
        self._open()
        self._look()
        self._transact(Work(declarations=[self._declaration]))

    # -- the outbox

    @property
    def path(self) -> Path:
        return Path(self.folder.name) / f"life-{self.lives}" / "outbox.db"

    @property
    def _policies(self) -> dict[str, StreamPolicy]:
        return CONFIGURATIONS[self.configuration]

    @property
    def _declaration(self) -> bytes:
        return b"what the unit measures, number %d" % self.configuration

    def _open(self) -> None:
        self.answered: dict[tuple[bytes, str], int] = {}
        self.path.parent.mkdir(exist_ok=True)
        self.core = Core(
            Setup(
                path=self.path,
                unit=UNIT,
                limits=LIMITS,
                streams=self._policies,
                maker=CompactMaker(),
                embargo=Embargo(self.clock),
                destination=DESTINATION,
                moment=lambda: moment(self.clock),
                now_ms=lambda: self.clock.now_ns // 1_000_000,
                free_bytes=lambda: 1 << 40,
            )
        )
        self.core.govern(Orders(streams=self.orders))
        self.verifier = ReceiptVerifier({self.key.public.kid: self.key.public}, unit=UNIT)
        self.verifier.restore(self._despite_damage(lambda: self.core.load_counter("receipts")))

    def _despite_damage(self, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever is asked
        """Do something as the outbox's thread does it: after damage, once more over what could be salvaged."""
        try:
            return ask()
        except StoreDamaged:
            assert self.was_damaged, "the store was never damaged"
            self.core.recover()
            self.answered = {}
            self.books.write_off(Census.take(self.core), configured=self._policies)
            return ask()

    def _transact(self, work: Work) -> Done:
        before = self.census
        done: Done = self._despite_damage(lambda: self.core.transact(work))
        self.count.transactions += 1
        self._check(before, work)
        return done

    def _look(self) -> Census:
        """Read everything, and compare it with the books."""
        census: Census = self._despite_damage(lambda: Census.take(self.core))
        self.books.check(census)
        self.census = census
        return census

    def _check(self, before: Census, work: Work) -> None:
        census = self._look()
        stats = self.core.stats()
        assert stats.bytes_used <= LIMITS.max_bytes, "the store grew past its cap"
        assert stats.rows_waiting == census.rows
        assert stats.sealed_rows_waiting == sum(sealed.rows for sealed in census.envelopes.values())
        if before.epoch == census.epoch:
            self._check_orders(before, census, {purge.stream for purge in work.purges})
        if not self.was_damaged:
            gone = stats.rows_receipted + stats.rows_evicted - self.in_memory
            assert stats.rows_stored == stats.rows_waiting + stats.sealed_rows_waiting + gone

    def _check_orders(self, before: Census, census: Census, purged: set[str]) -> None:
        """What is held is neither sealed nor lost; what is suspended is not sealed, and lost by purge only."""
        for stream, order in self.orders.items():
            if order is Order.RUN:
                continue
            assert before.chains.get((census.epoch, stream)) == census.chains.get((census.epoch, stream))
            if order is Order.HOLD or stream not in purged:
                kept = {window for window in before.unsealed if window[0] == stream}
                assert kept <= census.unsealed.keys(), "rows that are held are gone"

    # -- rules: rows

    def _starts(self, stream: str, count: int) -> list[int]:
        first = self.next[stream]
        self.next[stream] += count
        return [row(index).start_ms for index in range(first, first + count)]

    def _append(self, stream: str, count: int, *, clock: bytes = CLOCK) -> None:
        policy = self._policies.get(stream)
        if policy is None:
            return
        released = [
            row(0, stream=stream, values=_values(start, policy.columns), start_ms=start)
            for start in self._starts(stream, count)
        ]
        group = Rows(
            rows=released,
            data=[encode_row(one.values, one.quality) for one in released],
            declaration=sha256(self._declaration).digest(),
            clock=clock,
            completes=False,
        )
        self.books.offer(stream, (one.start_ms for one in released))
        done = self._transact(Work(rows=[group]))
        assert {(name, start) for name, _, start in done.stored} <= {(stream, one.start_ms) for one in released}
        assert len({number for _, number, _ in done.stored}) == len(done.stored)

    @rule(stream=st.sampled_from(STREAMS), count=st.integers(1, 15), clock=st.sampled_from([CLOCK, b"\x01"]))
    def store(self, stream: str, count: int, clock: bytes) -> None:
        self._append(stream, count, clock=clock)

    @rule(stream=st.sampled_from(STREAMS), count=st.integers(100, 200))
    def flood(self, stream: str, count: int) -> None:
        """Reach the cap, so that rows are evicted or refused; with less than an eighth of it at once, for the WAL."""
        self._append(stream, count)

    @rule(stream=st.sampled_from(STREAMS), count=st.integers(1, 9))
    def skip(self, stream: str, count: int) -> None:
        """Windows that were never sampled are no gap."""
        self.next[stream] += count

    @rule(stream=st.sampled_from(STREAMS), count=st.integers(1, 9))
    def lose_in_memory(self, stream: str, count: int) -> None:
        """Rows did not outlast a time in which nothing could be stored."""
        if stream in self._policies:
            starts = self._starts(stream, count)
            self.books.offer(stream, starts)
            self.in_memory += count
            self._transact(Work(lost=[Loss(stream=stream, count=count, windows=(starts[0], STEP_MS, count))]))

    # -- rules: envelopes

    @rule(partial=st.booleans())
    def seal(self, partial: bool) -> None:  # noqa: FBT001 - drawn
        self._transact(Work(seal=True, partial=partial))

    @rule(limit=st.integers(1, 40))
    def publish(self, limit: int) -> None:
        for envelope in self._outgoing(limit):
            self.city.take(envelope.epoch, envelope.stream, envelope.seq, envelope.data)

    def _outgoing(self, limit: int) -> Sequence[Any]:
        found: Sequence[Any] = self._despite_damage(
            lambda: self.core.outgoing(after=0, limit=limit, max_bytes=1 << 20, lane=None)
        )
        for envelope in found:
            assert self.orders.get(envelope.stream, Order.RUN) is Order.RUN, "what may not leave was handed out"
            self.books.hand_out((envelope.epoch, envelope.stream, envelope.seq), envelope.data)
        return found

    @rule()
    def exchange(self) -> None:
        """A session as it should be: what is there is sealed, taken and receipted."""
        self.seal(partial=True)
        self.publish(limit=40)
        self.receipt(only=0)

    @rule(only=st.integers(0, 5))
    def receipt(self, only: int) -> None:
        """The city receipts what it has; with a bad network not every receipt gets through."""
        for number, issued in enumerate(self.city.receipts()):
            if only in {0, number + 1}:
                self._deliver(issued)

    @precondition(lambda self: self.delivered and not self.was_damaged)
    @rule(back=st.integers(1, 30))
    def replay(self, back: int) -> None:
        """Somebody sends a receipt again that was here before."""
        self._deliver(self.delivered[-min(back, len(self.delivered))])

    @precondition(lambda self: self.city.chains)
    @rule(lost=st.integers(1, 6))
    def restore(self, lost: int) -> None:
        """The city is restored from an older copy: what it asks for and the unit still has leaves again."""
        self.was_restored = True
        for issued in self.city.restore(lost=lost):
            self._deliver(issued)

    def _deliver(self, issued: Issued) -> None:
        receipt = issued.receipt
        self.delivered.append(issued)
        lives = int.from_bytes(receipt.receiver_epoch, "big")
        overtaken = self.believed.get((b"", ""), 0) > lives
        overtaken |= receipt.counter < self.believed.get((receipt.receiver_epoch, receipt.stream), 0)
        try:
            self.verifier.verify(issued.data)
        except Replayed:
            assert overtaken or self.was_damaged, "a receipt was refused that nothing has overtaken"
            return
        assert not overtaken or self.was_damaged, "a receipt was believed that another has overtaken"
        self.believed[b"", ""] = lives
        self.believed[receipt.receiver_epoch, receipt.stream] = receipt.counter
        self._settle(issued)

    def _settle(self, issued: Issued) -> None:
        receipt = issued.receipt
        reception = Reception(
            stream=receipt.stream,
            epoch=receipt.epoch,
            seq=receipt.seq,
            hash=receipt.hash,
            receiver=self.key.public.kid,
            resend_from=receipt.resend_from,
        )
        census = self.census
        outcome = self._despite_damage(lambda: self.core.judge(reception))
        if receipt.epoch == census.epoch == self.core.epoch:
            assert outcome is self._expected(census, issued), "a receipt is not judged as it should be"
        work = Work(counters={"receipts": self.verifier.export()})
        if outcome in {ReceiptOutcome.APPLIED, ReceiptOutcome.RESEND}:
            work.receipts.append(reception)
            self.books.settle(receipt.epoch, receipt.stream, receipt.seq)
        if outcome is ReceiptOutcome.APPLIED and receipt.resend_from is None:
            self.answered.pop((receipt.epoch, receipt.stream), None)
        if outcome is ReceiptOutcome.RESEND and receipt.resend_from is not None:
            first = max(receipt.resend_from, receipt.seq + 1)
            self.answered[receipt.epoch, receipt.stream] = first
            self.books.ask_again(receipt.epoch, receipt.stream, first, retained=census.retained)
        self._transact(work)

    def _expected(self, census: Census, issued: Issued) -> ReceiptOutcome:
        receipt = issued.receipt
        next_seq, _ = census.chains[receipt.epoch, receipt.stream]
        if receipt.resend_from is not None and receipt.resend_from < next_seq:
            first = max(receipt.resend_from, receipt.seq + 1)
            waits = (receipt.epoch, receipt.stream, first) in census.envelopes
            if first < next_seq and not waits and self.answered.get((receipt.epoch, receipt.stream)) != first:
                return ReceiptOutcome.RESEND
        before = self.books.settled.get((receipt.epoch, receipt.stream), -1)
        return ReceiptOutcome.APPLIED if receipt.seq > before else ReceiptOutcome.DUPLICATE

    # -- rules: orders

    @rule(stream=st.sampled_from(STREAMS), part=st.none() | st.floats(0, 1))
    def purge(self, stream: str, part: float | None) -> None:
        until_ms = None if part is None else row(int(self.next[stream] * part)).start_ms
        before = self.census
        done = self._transact(Work(purges=[Purge(stream=stream, until_ms=until_ms)]))
        census = self.census
        held = self.orders.get(stream) is Order.HOLD and stream in self.core.streams()
        assert [purged.held for purged in done.purged] == [held]
        if not held:
            left = [window for window in census.unsealed if window[0] == stream]
            assert until_ms is None or all(start + STEP_MS > until_ms for _, start in left)
            assert until_ms is not None or not left
        elif before.epoch == census.epoch:
            assert census.unsealed == before.unsealed

    @rule(stream=st.sampled_from(STREAMS), order=st.sampled_from([Order.RUN, Order.RUN, Order.HOLD, Order.SUSPEND]))
    def govern(self, stream: str, order: Order) -> None:
        self.orders[stream] = order
        self.core.govern(Orders(streams=self.orders))

    # -- rules: misfortunes

    @rule()
    def crash(self) -> None:
        """Go on with the files as a killed process leaves them."""
        epoch, before = self.core.epoch, self.path
        self.lives += 1
        self.path.parent.mkdir()
        copied(before, self.path)
        self.core._parts.db.close()
        shutil.rmtree(before.parent)
        self._reopened(epoch)

    @rule()
    def reopen(self) -> None:
        epoch = self.core.epoch
        self._close()
        self._reopened(epoch)

    @rule(configuration=st.integers(0, len(CONFIGURATIONS) - 1))
    def reconfigure(self, configuration: int) -> None:
        epoch = self.core.epoch
        self._close()
        self.configuration = configuration
        self._reopened(epoch)
        self._transact(Work(declarations=[self._declaration]))

    def _close(self) -> None:
        self._despite_damage(self.core.close)

    def _reopened(self, epoch: bytes) -> None:
        self._open()
        if self.core.epoch != epoch:
            assert self.was_damaged, "a sound store was set aside"
            self.books.write_off(Census.take(self.core), configured=self._policies)
        self._look()

    @rule(hours=st.floats(0, 3))
    def later(self, hours: float) -> None:
        """Time passes: what is retained expires."""
        self.clock.now_ns += int(hours * 3600 * 1e9)
        self._transact(Work())

    @precondition(lambda self: not self.was_damaged)
    @rule(kind=st.sampled_from(["flip", "flip", "zero", "cut"]), part=st.floats(0, 1, exclude_max=True))
    def damage(self, kind: str, part: float) -> None:
        """Something happens to the file while nobody has it open; once, for twice may destroy what tells of it."""
        epoch = self.core.epoch
        self._close()
        self.was_damaged = True
        data = bytearray(self.path.read_bytes())
        at = int(len(data) * part)
        if kind == "flip":
            data[at] ^= 0x10
        elif kind == "zero":
            page = at // PAGE_BYTES * PAGE_BYTES
            data[page : page + PAGE_BYTES] = bytes(PAGE_BYTES)
        else:
            del data[at:]
        self.path.write_bytes(data)
        wal_path(self.path).unlink(missing_ok=True)
        self._reopened(epoch)

    # -- the end

    def teardown(self) -> None:
        """Deliver everything, and compare what the city has with what was offered."""
        try:
            if hasattr(self, "core"):
                self._deliver_everything()
        finally:
            self.folder.cleanup()

    def _deliver_everything(self) -> None:
        self.orders = {}
        self.core.govern(Orders())
        left = self._delivered_until_still()
        if left and (self.was_restored or self.was_damaged):
            self.city.give_up()
            left = self._delivered_until_still()
        cut_off = {place for place in left if self._is_cut_off(place)}
        assert (self.core.stats().rows_waiting, left - cut_off) == (0, set()), "something never leaves"
        rows = self.city.rows()
        windows = [window for stream, start, step in rows for window in windows_of(stream, start, step)]
        assert len(windows) == len(set(windows)), "a row arrived twice"
        assert set(windows) <= self.books.offered
        if not self.was_restored:
            assert set(windows) >= self.books.received
        self.core.close()

    def _delivered_until_still(self) -> set[Place]:
        """Seal, send and receipt until that changes nothing; return what is left."""
        before: tuple[int, set[Place]] | None = None
        while True:
            self._transact(Work(seal=True, partial=True))
            for envelope in self._outgoing(200):
                self.city.take(envelope.epoch, envelope.stream, envelope.seq, envelope.data)
            for issued in self.city.receipts():
                self._deliver(issued)
            now = self.core.stats().rows_waiting, set(self.census.envelopes)
            if now == before:
                return now[1]
            before = now

    def _is_cut_off(self, place: Place) -> bool:
        """Tell whether an envelope before this one was destroyed: the city never has all before it."""
        epoch, stream, last = place
        have = self.city.chains.get((epoch, stream), {})
        return self.was_damaged and epoch != self.core.epoch and any(seq not in have for seq in range(last))


@dataclass
class Count:
    """How much was tried."""

    histories: int = 0
    transactions: int = 0


def run(key: SigningKey, budget: settings, *, number: int | None = None) -> Count:
    """Run the machine; the first sentence that does not hold is raised, with the history that led there.

    Args:
        key: the receiver's.
        budget: how many histories, and how long.
        number: seed; None for another one each time.
    """
    machine = type("Machine", (OutboxMachine,), {"key": key, "count": Count()})
    run_state_machine_as_test(machine if number is None else seed(number)(machine), settings=budget)
    count: Count = machine.count  # type: ignore[attr-defined]  # set above
    return count
