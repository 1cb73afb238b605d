"""Erasure: somebody's keys are destroyed and their rows deleted, at one place of the log, by the one writer."""
