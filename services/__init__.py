"""The services of the suite. They never import one another."""
