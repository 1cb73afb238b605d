"""Matching files of records: reading them, finding out what their columns are, and running the match."""
