"""What a mail looks like: MJML with placeholders, checked when it is saved."""
