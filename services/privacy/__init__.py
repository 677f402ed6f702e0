"""The privacy service: consent, suppression, permits, requests of data subjects, the erasure ledger."""
