"""The gateway's own database: logins, and nothing of the business."""

from kernel.web.tables import metadata

__all__ = ["metadata"]
