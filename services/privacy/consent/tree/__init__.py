"""The tree above the records, and its signed heads."""
