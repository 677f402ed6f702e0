"""What an erasure plans and has done, round by round."""
