"""The wires: the interfaces that chips know, their Linux implementations, a recorder and a playback."""
