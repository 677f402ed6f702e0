"""The registers: processors and recipients, transfers, measures, SWOT notes."""

from services.gateway.registers.views import blueprint

__all__ = ["blueprint"]
