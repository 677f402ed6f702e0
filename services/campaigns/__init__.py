"""Planned communication: what is said, to whom, and what became of every message."""
