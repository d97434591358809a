"""Seals what waits in a store whose unit is dead: with the unit's key, in the store itself.

In: a store that no agent has open, the unit's key, the city's orders. Out: envelopes in it, each in its disclosure
log. Never: anything of a dataset that is held or suspended, or whose delay has not passed by a clock that is right.
"""

import time
from pathlib import Path
from typing import Final

from agent.buffer import files
from agent.buffer.core import Core
from agent.buffer.embargo import Embargo
from agent.buffer.opening import Setup, free_bytes_at
from agent.buffer.orders import Orders
from agent.buffer.records import Limits
from agent.buffer.wal import size_of
from agent.buffer.work import Work
from agent.clock import SystemClock
from agent.control.errors import Busy
from agent.control.record import ControlState
from agent.control.state import ControlFiles
from agent.discipline import KernelDiscipline
from agent.errors import LamppostError
from agent.moment import moment
from agent.sealer import Sealer
from agent.wire import payload
from agent.wire.cose import Signer

_ROOM_BYTES: Final = 256 << 20
_GROWTH: Final = 8
"""Sealed rows take more than unsealed ones, and their entries in the log as well."""
_EVERYTHING: Final = 1 << 40


class _Sealer(Sealer):
    """Says that it is simulated if any declaration in the store does: nobody can look at the sensors any more."""

    def learn(self, content: bytes) -> None:
        super().learn(content)
        self.simulated |= payload.decode_content(content).simulated


def seal_rest(path: Path, *, unit: str, key: Signer, state: ControlState) -> int:
    """Seal everything that may leave, and return how many messages were made.

    Raises:
        LamppostError: an agent is at work, or the store is damaged.
    """
    try:
        lock = ControlFiles.open(path.parent)
    except Busy as error:
        raise LamppostError(f"{path.parent}: the agent is running. Stop it first: systemctl stop lamppost") from error
    before = len(files.set_aside(path))
    try:
        core = Core(_setup(path, unit=unit, key=key))
        try:
            if len(files.set_aside(path)) > before:
                raise LamppostError(f"{path}: was damaged and has been repaired; look at it, then export again")
            core.govern(_governed(core, state))
            return _seal(core)
        finally:
            core.close()
    finally:
        lock.close()


def _setup(path: Path, *, unit: str, key: Signer) -> Setup:
    clock = SystemClock(KernelDiscipline())
    return Setup(
        path=path,
        unit=unit,
        limits=Limits(max_bytes=_ROOM_BYTES + _GROWTH * size_of(path), free_floor_bytes=0, loss_window_s=0),
        streams={},
        maker=_Sealer(key, unit=unit, formats={}),
        embargo=Embargo(clock),
        destination="a file, carried by hand",
        moment=lambda: moment(clock),
        now_ms=lambda: time.time_ns() // 1_000_000,
        free_bytes=free_bytes_at(path),
        ahead_bytes=_EVERYTHING,
    )


def _governed(core: Core, state: ControlState) -> Orders:
    return Orders(streams=state.orders(core.streams()), others=state.everywhere.state)


def _seal(core: Core) -> int:
    made = 0
    while core.is_seal_due(partial=True):
        sealed = core.transact(Work(seal=True, partial=True)).sealed
        if not sealed:
            break
        made += sealed
    return made
