"""SMBus calls as I2C messages, as the kernel emulates them on adapters that only know I2C.

In: an SMBus call. Out: the messages it becomes, and the data the caller gets. Never: input, output.

After i2c_smbus_xfer_emulated in drivers/i2c/i2c-core-smbus.c of Linux (unverified). There are no packet error codes.
"""

import errno
from collections.abc import Callable, Sequence

from drivers.sim.boundary import SMBUS_DATA_BYTES, SmbusCall

WRITE, READ = 0, 1
QUICK, BYTE, BYTE_DATA, WORD_DATA, PROC_CALL, BLOCK_DATA = range(6)
BLOCK_PROC_CALL, I2C_BLOCK_DATA = 7, 8
BLOCK_MAX = 32

I2C = 0x00000001
SMBUS_BLOCK_PROC_CALL = 0x00008000
SMBUS_QUICK = 0x00010000
SMBUS_BYTE = 0x00060000
SMBUS_BYTE_DATA = 0x00180000
SMBUS_WORD_DATA = 0x00600000
SMBUS_PROC_CALL = 0x00800000
SMBUS_BLOCK_DATA = 0x03000000
SMBUS_I2C_BLOCK = 0x0C000000
FUNCTIONS = (
    I2C
    | SMBUS_QUICK
    | SMBUS_BYTE
    | SMBUS_BYTE_DATA
    | SMBUS_WORD_DATA
    | SMBUS_PROC_CALL
    | SMBUS_BLOCK_DATA
    | SMBUS_BLOCK_PROC_CALL
    | SMBUS_I2C_BLOCK
)

Part = bytes | int
"""Bytes to write, or a number of bytes to read."""
Transact = Callable[[Sequence[Part]], list[bytes]]


def run(call: SmbusCall, transact: Transact) -> bytes:
    """Return the 34 bytes of data that the caller gets.

    Raises:
        OSError: EINVAL or EOPNOTSUPP for a call that makes no sense, EPROTO for a block of impossible length, or
            what `transact` raises.
    """
    if call.read_write not in (WRITE, READ):
        raise OSError(errno.EINVAL, "neither read nor write")
    answers = transact(_parts(call))
    if not answers:
        return call.data
    answer = answers[-1]
    if _counted(call):
        if not 0 < answer[0] <= BLOCK_MAX:
            raise OSError(errno.EPROTO, "block of impossible length")
        answer = answer[: answer[0] + 1]
    elif call.size == I2C_BLOCK_DATA:
        answer = bytes([len(answer)]) + answer
    return answer.ljust(SMBUS_DATA_BYTES, b"\0")


def _counted(call: SmbusCall) -> bool:
    return call.size == BLOCK_PROC_CALL or (call.size == BLOCK_DATA and call.read_write == READ)


def _parts(call: SmbusCall) -> list[Part]:
    """Return the messages; a block whose length the chip tells is read whole and cut afterwards."""
    command, data, reads = bytes([call.command]), call.data, call.read_write == READ
    match call.size:
        case 0:  # quick: the read/write bit is the message
            return [0 if reads else b""]
        case 1:
            return [1 if reads else command]
        case 2:
            return [command, 1] if reads else [command + data[:1]]
        case 3:
            return [command, 2] if reads else [command + data[:2]]
        case 4:
            return [command + data[:2], 2]
        case 5:
            return [command, BLOCK_MAX + 1] if reads else [command + _block(data)]
        case 7:
            return [command + _block(data), BLOCK_MAX + 1]
        case 8:
            return [command, len(_block(data)) - 1] if reads else [command + _block(data)[1:]]
        case _:
            raise OSError(errno.EOPNOTSUPP, "no such SMBus call")


def _block(data: bytes) -> bytes:
    length = data[0]
    if not 0 < length <= BLOCK_MAX:
        raise OSError(errno.EINVAL, "a block holds 1 to 32 bytes")
    return data[: length + 1]
