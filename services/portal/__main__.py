"""Starts the portal: settings, then the server."""

from kernel.web.server import serve
from services.portal.app import create_app
from services.portal.config import PortalSettings

if __name__ == "__main__":
    serve(create_app, PortalSettings(), service="portal")
