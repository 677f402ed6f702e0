"""Texts of consent: drafts, their approval by a second person, versions, topics."""
