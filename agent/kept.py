"""What a unit has kept: its store, and what earlier processes have left in it to go on with.

In: checked settings, a key, what the process gives. Out: the open outbox, with receipts, times, budgets and ledgers
as they were left. Never: a row, something that runs.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent import assembly
from agent.boots import FORGET, Boots
from agent.boots import NAME as BOOTS
from agent.budget import Budget
from agent.buffer.outbox import Outbox
from agent.config.plans import Settings
from agent.flash import NAME as FLASH
from agent.flash import Flash
from agent.given import NAME as GIVEN
from agent.given import Given
from agent.privacy.payment import NAME as LEDGERS
from agent.receipts import ReceiptVerifier
from agent.reception import COUNTERS
from agent.sealer import Sealer
from agent.surroundings import Surroundings
from agent.uplink.session import BUDGET_NAME
from agent.wire.keyfile import SigningKey

if TYPE_CHECKING:
    from agent.privacy.ledgers import Ledgers

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """The open outbox, and what works with it or was kept in it."""

    outbox: Outbox
    sealer: Sealer
    receipts: ReceiptVerifier
    given: Given
    boots: Boots
    budget: Budget
    flash: Flash
    ledgers: "Ledgers | None"


async def open_kept(settings: Settings, *, key: SigningKey, around: Surroundings) -> Kept:
    """Open the store, and return it with what earlier processes of this unit have left in it.

    The clock is told what was known of the time before anything looks at it.

    Args:
        settings: what the configuration says.
        key: the unit's.
        around: what the process gives.

    Raises:
        LamppostError: the store or a receiver's key cannot be used; then nothing is left open.
    """
    receipts = ReceiptVerifier(assembly.receiver_keys(settings), unit=settings.unit.id)
    sealer = Sealer(key, unit=settings.unit.id, formats=assembly.stream_formats(settings))
    outbox = await Outbox.open(
        assembly.store_path(settings),
        unit=settings.unit.id,
        limits=settings.limits,
        streams=assembly.stream_policies(settings),
        maker=sealer,
        clock=around.clock,
        destination=f"{settings.uplink.host}:{settings.uplink.port}",
        on_stored=around.on_stored,
    )
    try:
        receipts.restore(await outbox.load_counters(COUNTERS))
        given = Given(around.clock.boot_id, await outbox.load_counters(GIVEN))
        boots = Boots(around.clock.boot_id, await outbox.load_counters(BOOTS))
        forgotten = _is_told_to_forget(settings)
        if forgotten:
            boots.forget()
            await outbox.save_counters(BOOTS, boots.export())
            await outbox.flush()
            _has_forgotten(settings)
        around.remember(boots)
        sealer.boots = boots
        budget = Budget(settings.budget, clock=around.clock, saved=await outbox.load_counters(BUDGET_NAME))
        flash = Flash(
            around.written,
            today=budget.today,
            clock=around.clock,
            limit=settings.limits.flash_bytes_per_day,
            saved=await outbox.load_counters(FLASH),
        )
        ledgers = assembly.make_ledgers(settings, None if forgotten else await outbox.load_counters(LEDGERS))
        return Kept(outbox, sealer, receipts, given, boots, budget, flash, ledgers)
    except BaseException:
        await outbox.close()
        raise


def _is_told_to_forget(settings: Settings) -> bool:
    """Tell whether a person has said that the last known time is to be forgotten (`lamppost clock --forget`).

    The budgets of noise go with it: their last day may be one that has not come yet. So nothing is granted today.
    """
    return (settings.directory / FORGET).exists()


def _has_forgotten(settings: Settings) -> None:
    (settings.directory / FORGET).unlink(missing_ok=True)
    _LOG.warning("the last known time is forgotten, as was asked for: the clock is believed as it is now")
