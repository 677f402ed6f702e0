"""Personal data breaches: the register, a breach with its clock, and its notices."""

from services.gateway.breaches.views import blueprint

__all__ = ["blueprint"]
