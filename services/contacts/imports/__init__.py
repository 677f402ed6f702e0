"""Contacts from files: dry run, commit, report."""
