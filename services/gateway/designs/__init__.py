"""Templates of mails; the folder has another name because Flask's templates have that one."""

from services.gateway.designs.views import blueprint

__all__ = ["blueprint"]
