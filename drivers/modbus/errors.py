"""What can go wrong between a master and a slave.

    NoAcknowledge
    `-- SlaveSilent      no answer of this slave in time, or it rests because it has given none again and again
    BusFault
    `-- AnswerDamaged    an answer came, but its checksum does not hold, or half of it is missing
    ChipError
    `-- SlaveRefused     an exception answer: the slave understood and does not do it

They fit into the tree of `drivers.errors`, so that a poller knows what they mean: a slave that has never answered is
absent, as a chip that does not acknowledge is.
"""

from drivers.errors import BusFault, ChipError, NoAcknowledge
from drivers.modbus.frames import REMEDIES


def _where(line: str, slave: int) -> str:
    return f"{line} slave {slave}"


class SlaveSilent(NoAcknowledge):
    """The slave did not answer.

    Attributes:
        slave: its number.
    """

    def __init__(self, problem: str, *, line: str, slave: int) -> None:
        super().__init__(problem, bus=_where(line, slave))
        self.slave = slave


class AnswerDamaged(BusFault):
    """What came was no whole answer.

    Attributes:
        slave: its number.
    """

    def __init__(self, problem: str, *, line: str, slave: int) -> None:
        super().__init__(problem, bus=_where(line, slave))
        self.slave = slave


class SlaveRefused(ChipError):
    """The slave answered with an exception.

    Attributes:
        slave: its number.
        code: the exception code, as `drivers.modbus.frames.EXCEPTIONS` names it.
    """

    def __init__(self, asked: str, *, slave: int, code: int, name: str) -> None:
        remedy = REMEDIES.get(code)
        todo = "" if remedy is None else f"; {remedy}"
        super().__init__(f"slave {slave}", f"it refuses to {asked}: {name} (exception {code}){todo}")
        self.slave = slave
        self.code = code
