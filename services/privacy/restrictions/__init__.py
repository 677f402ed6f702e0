"""Restriction of processing: ordered at every holder, lifted only after the subject was told."""
