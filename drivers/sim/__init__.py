"""Simulated hardware at the lowest boundary there is: ioctl for I2C, a pseudo-terminal for serial.

A simulated chip retypes its datasheet and imports nothing of its driver, so that a typing error cannot cancel out.
"""
