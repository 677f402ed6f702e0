"""The audit over all services: who touched whose data, and what of it is unusual."""
