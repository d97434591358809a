"""Sensors: buses, one folder per chip, and simulated hardware. Knows neither the agent nor the receiver."""
