"""The texts that people were shown, as the ledger of consents needs them."""
