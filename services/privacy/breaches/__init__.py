"""Personal data breaches: the register, the clock of 72 hours, decisions and notices (Art. 33, 34 GDPR)."""
