"""Tests of the privacy service on a real database."""
