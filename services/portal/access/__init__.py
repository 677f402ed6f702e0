"""Who can see the visitor's data: logins, invitations, colleagues."""

from services.portal.access.views import blueprint

__all__ = ["blueprint"]
