"""Retention: what has had its time goes from the lake, and profiles are folded anew without it."""
