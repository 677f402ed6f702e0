"""Entries of the registers, version by version: processors, transfers, measures, and what other areas keep there."""
