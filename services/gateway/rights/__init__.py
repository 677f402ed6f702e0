"""Who may do what: the contract's own rules, and the people whom the realm gives the roles."""

from services.gateway.rights.views import blueprint

__all__ = ["blueprint"]
