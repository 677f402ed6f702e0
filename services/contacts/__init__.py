"""People, organisations, imports and the timeline of everything that happened with a contact."""
