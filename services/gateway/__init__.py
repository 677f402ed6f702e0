"""The staff's web page: one view of a customer, work queues, imports, campaigns, requests."""
