"""Exercising a right on a public page: an asking becomes a request when its address is shown to be the person's."""
