"""The deletion concept: classes, what is overdue, the last runs, legal holds."""

from services.gateway.retention.views import blueprint

__all__ = ["blueprint"]
