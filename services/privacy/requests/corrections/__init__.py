"""What a rectification says is wrong, and who was told of it."""
