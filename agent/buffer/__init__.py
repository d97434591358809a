"""The outbox: released rows in, sealed envelopes out, receipts back. The only coupling of sensing and network."""
