"""Losses: pure functions of network outputs."""
