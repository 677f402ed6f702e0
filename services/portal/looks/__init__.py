"""Who looked at my data: departments, purposes and kinds of data, by day."""

from services.portal.looks.views import blueprint

__all__ = ["blueprint"]
