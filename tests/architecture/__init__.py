"""The house rules as code. Every rule is also shown something that breaks it."""
