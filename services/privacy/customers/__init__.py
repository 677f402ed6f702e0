"""Existing customers (§ 7(3) UWG): whom advertising for similar goods may reach without a consent."""
