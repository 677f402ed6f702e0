"""What one consent went through, and its proof on paper."""
