"""Tests of the staff's web page."""
