"""Retention: the deletion concept, carried out daily and reported."""
