"""The embedded identity provider, driven as clients, browsers and administrators drive it."""
