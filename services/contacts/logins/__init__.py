"""Logins: which of the realm's logins see a contact, how they came to it, and how they go."""
