"""The mail that tells a person how their request stands."""
