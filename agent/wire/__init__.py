"""The wire format, shared by unit and receiver: payloads, envelopes, key files, units, SenML.

Reads no socket and no clock, logs nothing.

docs/wire-format.md is the contract; tests/vectors/ holds its test vectors.
"""
