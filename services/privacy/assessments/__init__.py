"""Impact assessments: whether one is needed, its risks, the officer's opinion, the decision (Art. 35, 36 GDPR)."""
