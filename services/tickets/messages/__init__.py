"""Messages: the conversation on a ticket, public and internal."""
