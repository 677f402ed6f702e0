"""What customers want done, and the conversation about it."""
