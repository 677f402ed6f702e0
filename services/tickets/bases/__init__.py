"""On what people are held here, for the survey of the privacy service."""
