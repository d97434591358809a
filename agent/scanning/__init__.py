"""Finds out which sensors are on a machine's buses, without changing any of them."""
