"""The check of who asks by a code that was sent to the address on file."""
