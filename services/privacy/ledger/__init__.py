"""The erasure ledger: what was promised to be erased, kept here and outside this database."""
