"""How an MCP9808 is told from other chips, for `lamppost scan`."""

from typing import Final

from drivers.identity import I2cIdentity, register
from drivers.mcp9808 import registers

IDENTITY: Final = I2cIdentity(
    steps=(
        register(registers.MANUFACTURER_ID, registers.MICROCHIP, length=2),
        register(registers.DEVICE_ID, registers.MCP9808, length=2, mask=registers.DEVICE_ID_MASK),
    ),
    by="its identification",
)
