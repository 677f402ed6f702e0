"""Impact assessments: the register, one with its risks drawn, the officer's opinion."""

from services.gateway.assessments.views import blueprint

__all__ = ["blueprint"]
