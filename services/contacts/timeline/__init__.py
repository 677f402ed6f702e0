"""What happened with a contact, told by the facts of every service."""
