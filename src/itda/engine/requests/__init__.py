"""Requests of people: to see what is known, to correct it, to stop its use, to take it along, to have it erased."""
