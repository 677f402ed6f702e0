"""Talks to Kontor: a connection with tokens, TLS and safe retries, typed failures, facts from a stored position."""

from kontor_client.connection import Connection, NotConfigured, new_request_id
from kontor_client.credentials import ClientCredentials, NoToken
from kontor_client.failure import Failure

__all__ = ["ClientCredentials", "Connection", "Failure", "NoToken", "NotConfigured", "new_request_id"]
