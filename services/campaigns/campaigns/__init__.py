"""One planned communication: its frozen audience, its progress, its end."""
