"""The consent ledger: texts, append-only records, their evidence and their Merkle tree."""
