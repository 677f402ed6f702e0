"""Addresses that must not be contacted, as keyed hashes."""
