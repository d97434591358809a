"""Devices that a file declares: what the file says, as plain values, and the drivers that carry it out.

In: frozen values, made and checked elsewhere. Out: models like those of the built-in drivers. Never: a file, TOML, an
import that the kind of device does not need: a unit without declared devices imports nothing of this.
"""
