"""What can be wrong before the identity provider starts."""


class SetupError(Exception):
    """The identity provider refuses to start; the text tells the operator why and what to change."""
