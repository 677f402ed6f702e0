"""What the portal is told through the environment."""

from kernel.web.config import WebSettings


class PortalSettings(WebSettings):
    """The shared web settings; the portal needs nothing beyond them."""
