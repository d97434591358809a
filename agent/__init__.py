"""The agent on the unit: polls, filters, buffers, seals, publishes. Data flows one way; see docs/design.md."""
