"""People who look an address up on the suppression list: counted, limited, and kept with their reason."""
