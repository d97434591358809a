"""The agent on the unit: polls, filters, buffers, seals, publishes. Data flows one way; see docs/design.md."""

__version__ = "0.1.0"
"""Said in every declaration and status; asking the installation for it would cost the agent 1 MB."""
