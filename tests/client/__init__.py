"""The Python client for integrators: how it calls, how it follows facts, and its examples on a real stack."""
