"""Modbus RTU: a master for a serial line that several slaves share."""

from drivers.modbus.device import ModbusBus, ModbusDevice
from drivers.modbus.errors import AnswerDamaged, SlaveRefused, SlaveSilent

__all__ = ["AnswerDamaged", "ModbusBus", "ModbusDevice", "SlaveRefused", "SlaveSilent"]
