"""The record of processing activities (Art. 30(1) GDPR), made from what the holders declare."""
