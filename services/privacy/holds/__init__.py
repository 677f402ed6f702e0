"""Legal holds: what stays although it should go, why, and until when somebody looks again."""
