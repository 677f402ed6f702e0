"""Where consents stand, across all contacts."""
