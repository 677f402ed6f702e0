"""What a copy says about others, and what of it is blackened (Art. 15(4) GDPR)."""
