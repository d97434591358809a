"""The receiver at the city: verifies, stores, acknowledges. Shares only the wire format and the TOML reader."""
