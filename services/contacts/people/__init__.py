"""People: who they are, how they are reached, which login is theirs."""
