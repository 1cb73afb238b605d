"""Everybody's identity at once, for a rebuild.

Who is one customer is a function of what survives, not of the way it came: so all of it is gathered first, and settled
once. It comes to the same rows as the resolver does chunk by chunk.
"""
