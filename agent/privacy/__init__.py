"""The privacy filter: readings in, released rows out, nothing else. Does no I/O, reads no clock, logs nothing."""
