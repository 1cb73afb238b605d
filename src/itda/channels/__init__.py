"""How a message gets there: one file per channel turns it into a request, and what comes back into an outcome."""
