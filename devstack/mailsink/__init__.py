"""The mail sink: accepts every mail of the embedded stack, delivers none, shows them on a page."""
