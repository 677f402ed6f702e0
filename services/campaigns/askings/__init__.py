"""Mails to somebody who exercises a right without a login."""
