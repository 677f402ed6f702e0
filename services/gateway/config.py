"""What the gateway is told through the environment."""

from kernel.web.config import WebSettings


class GatewaySettings(WebSettings):
    """The shared web settings; the gateway needs nothing beyond them."""
