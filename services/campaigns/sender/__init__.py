"""The way from a planned message to the relay: loses nobody, doubles nobody, killed at any instant."""
