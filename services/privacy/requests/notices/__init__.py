"""Telling the person at each step of a request."""
