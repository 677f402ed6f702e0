"""Starts the gateway: settings, then the server."""

from kernel.web.server import serve
from services.gateway.app import create_app
from services.gateway.config import GatewaySettings

if __name__ == "__main__":
    serve(create_app, GatewaySettings(), service="gateway")
