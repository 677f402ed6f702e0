"""The customer's web page."""
