"""What the links in a mail do."""
