"""A backup of everything but the keys, another of the keys alone, and putting both back."""
