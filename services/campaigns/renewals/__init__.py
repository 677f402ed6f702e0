"""The mail that asks, before a consent ends, whether it is to go on; and the answers to it."""
