"""Duties that do themselves: the letters that the law has a sender write, and what follows from them."""
