"""Tickets: what somebody wants done, its state, priority and owner."""
