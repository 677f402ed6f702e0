"""What a person sees of the suppression list, and how they are taken off it."""
