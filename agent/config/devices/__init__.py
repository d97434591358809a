"""Devices that a file declares: the file in, a model like those of the built-in drivers out, or every mistake in it.

In: a TOML file of one device. Out: its model, proven on its own examples. Never: a device whose file has a mistake,
an import for a configuration that names no such device.
"""

from agent.config.devices.check import check_device

__all__ = ["check_device"]
