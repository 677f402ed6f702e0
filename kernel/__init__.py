"""Plumbing without a word of business: what every Kontor process shares."""
