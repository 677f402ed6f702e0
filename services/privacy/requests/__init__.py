"""Subjects exercising their rights: requests, their clock, access and erasure end to end."""
