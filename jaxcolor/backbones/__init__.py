"""Frozen feature networks, and where their weights come from."""
