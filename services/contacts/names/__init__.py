"""Which words are names of people that the company knows, for those who must not hand them out."""
