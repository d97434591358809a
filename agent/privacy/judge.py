"""What may leave of a window that has ended: the noise is paid for, then every rule is applied.

In: a closed window. Out: one value and one quality code per column. Never: anything of a window of which a rule
failed, a value outside its declaration, the text of an error: it may carry what the rule was looking at, so only the
name of its type is kept.

A stream with noise pays for each window before anything is made of it, whether or not anybody was there, and once. A
window that is partial for all that is about people costs nothing: nothing of that leaves.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from agent.privacy.counters import FilterCounters
from agent.privacy.distinct import RandomBytes
from agent.privacy.errors import RuleBroken
from agent.privacy.payment import noised, payment
from agent.privacy.spec import StreamSpec
from agent.privacy.verdict import NOTHING, Outcome, Verdict
from agent.privacy.window import Window
from agent.quality import Quality

if TYPE_CHECKING:
    from agent.privacy.ledger import Ledger
    from agent.privacy.ledger import Verdict as Grant
    from agent.privacy.noised import Sampler

_MOST_ERROR_TYPES: Final = 16


class Judge:
    """Judges the windows of one stream.

    Args:
        spec: what may leave.
        counters: the filter's, kept up to date.
        random_bytes: the operating system's source, for noise.
        ledger: pays for the noise; needed where there is some.
        sampler: draws the noise.

    Attributes:
        errors: type names of the errors that withheld a row.

    Raises:
        NoLedger: a stream with noise was given no ledger, or one of another epsilon.
    """

    __slots__ = ("_counters", "_noised", "_payment", "_spec", "_verdict", "errors")

    def __init__(
        self,
        spec: StreamSpec,
        counters: FilterCounters,
        *,
        random_bytes: RandomBytes,
        ledger: "Ledger | None",
        sampler: "Sampler",
    ) -> None:
        self.errors: set[str] = set()
        self._spec = spec
        self._counters = counters
        self._payment = payment(spec, ledger)
        self._noised = noised(spec, sampler=sampler, random_bytes=random_bytes)
        self._verdict = Verdict(spec)

    def outcomes(
        self, window: Window, *, failing: Collection[str], boot_id: bytes | None, synchronised: bool
    ) -> list[Outcome]:
        """Return the outcome of every column; all withheld when any rule failed or let through what may not leave.

        Args:
            window: has ended, and is given out for the first time.
            failing: sensors that do not work.
            boot_id: of the boot that its grid counts from, None when it is wall time.
            synchronised: whether the clock is, now.
        """
        grant = self._pay(window, boot_id=boot_id, synchronised=synchronised)
        try:
            if not window.broken:
                noisy = NOTHING if self._noised is None else self._noised.outcomes(window, grant, self._counters)
                outcomes = self._verdict.outcomes(window, failing, self._counters, noisy=noisy)
                self._last_look(outcomes)
                return outcomes
        except Exception as error:  # noqa: BLE001  fails closed: whatever went wrong in a rule, nothing leaves
            self.condemn(window, error)
        self._counters.rows_withheld += 1
        return [(None, Quality.WITHHELD)] * len(self._spec.channels)

    def condemn(self, window: Window, error: Exception) -> None:
        """Let nothing of a window leave, because a rule failed on it."""
        window.broken = True
        window.wipe()
        if len(self.errors) < _MOST_ERROR_TYPES:
            self.errors.add(type(error).__name__)

    def _pay(self, window: Window, *, boot_id: bytes | None, synchronised: bool) -> "Grant | None":
        """Pay for the noise of a window that is given out; None when there is none to be paid for."""
        if self._payment is None or self._noised is None or not self._noised.is_due(window):
            return None
        dated = boot_id is None and synchronised and window.synchronised
        return self._payment.spend(window.start_ms, synchronised=dated)

    def _last_look(self, outcomes: list[Outcome]) -> None:
        """Hold every value against its declared range once more, whatever the rules have done.

        Raises:
            RuleBroken: something else than a declared integer was about to leave.
        """
        for (value, _), channel in zip(outcomes, self._spec.channels, strict=True):
            if value is not None and not (type(value) is int and channel.minimum <= value <= channel.maximum):
                raise RuleBroken(f"channel {channel.name}: a value outside its declaration was stopped")
