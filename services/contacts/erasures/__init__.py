"""Addresses that were erased a moment ago, and the two orders in which writing and erasing one can happen."""
