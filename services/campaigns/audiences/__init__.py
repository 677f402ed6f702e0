"""Whom a campaign is for, and who of them may be written to."""
