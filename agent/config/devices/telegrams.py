"""Modbus telegrams of an example: requests and answers, taken apart into registers.

In: the bytes of both. Out: what the answers say is in which table, or what is wrong with them. Never: a line.
"""

from typing import Final

from drivers.crc import crc16_modbus
from drivers.declared.registers import Contents, Table

_TABLES: Final = {1: Table.COIL, 2: Table.DISCRETE, 3: Table.HOLDING, 4: Table.INPUT}
_REQUEST_BYTES: Final = 8


class BadTelegram(ValueError):
    """These bytes are no telegram that belongs here.

    Attributes:
        key: which of the two: "sent" or "received".
        expected: what should stand there.
    """

    def __init__(self, key: str, problem: str, expected: str) -> None:
        super().__init__(problem)
        self.key = key
        self.expected = expected


def contents(sent: bytes, received: bytes) -> Contents:
    """Return what an answer says is in which table.

    Raises:
        BadTelegram: one of the two is no telegram, or the answer is to something else.
    """
    _check_crc("sent", sent)
    _check_crc("received", received)
    table = _TABLES.get(sent[1])
    if table is None or len(sent) != _REQUEST_BYTES:
        raise BadTelegram("sent", "this does not read anything", "slave, function 1 to 4, address, count, checksum")
    address, count = int.from_bytes(sent[2:4], "big"), int.from_bytes(sent[4:6], "big")
    data = received[3:-2]
    size = (count + 7) // 8 if table.of_bits else 2 * count
    if received[:2] != sent[:2] or received[2] != len(data) or len(data) != size:
        expected = f"slave {sent[0]}, function {sent[1]}, {size} bytes of data"
        raise BadTelegram("received", "this is no answer to what was sent", expected)
    if table.of_bits:
        return {(table, address + index): data[index // 8] >> index % 8 & 1 for index in range(count)}
    return {
        (table, address + index): int.from_bytes(data[2 * index : 2 * index + 2], "big") for index in range(count)
    }


def _check_crc(key: str, telegram: bytes) -> None:
    if len(telegram) < len("sfncc"):
        raise BadTelegram(key, "this is too short for a telegram", "slave, function, data and two bytes of checksum")
    right = crc16_modbus(telegram[:-2]).to_bytes(2, "little")
    if telegram[-2:] != right:
        raise BadTelegram(key, "the checksum of this telegram does not hold", f"{right.hex(' ').upper()} at its end")
