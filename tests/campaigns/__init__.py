"""Tests of the campaigns service."""
