"""What has to be put right before anything can start."""


class SetupError(Exception):
    """A file, a variable or an answer is missing or wrong; the text says which."""
