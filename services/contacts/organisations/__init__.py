"""Organisations: companies, authorities and clubs that people belong to."""
