"""The mail that brings a contact the link for one more login."""
