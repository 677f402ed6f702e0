"""Who is held without any basis (Art. 6(1) GDPR): surveyed over all services, and kept for the page of it."""
