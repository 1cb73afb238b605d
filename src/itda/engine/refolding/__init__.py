"""Folding anew: whoever had something taken out of the lake is folded from it again, at one place of the log."""
