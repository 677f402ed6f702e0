"""The registers: processors and recipients, transfers, measures."""

from services.gateway.registers.views import blueprint

__all__ = ["blueprint"]
