"""The commands of ``lamppost-receiver``: one module each, joined in `main`."""
