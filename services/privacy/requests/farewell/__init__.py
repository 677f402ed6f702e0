"""The last mail after an erasure: where it goes, sealed until it has gone out and no longer."""
