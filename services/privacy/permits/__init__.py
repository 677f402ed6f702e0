"""No message without a permit: decisions at the moment of sending."""
