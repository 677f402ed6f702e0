"""Rights for people without a login: the public page, and the one on which its code is entered."""

from services.portal.asking.views import blueprint

__all__ = ["blueprint"]
