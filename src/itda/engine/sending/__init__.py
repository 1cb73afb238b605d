"""Where messages leave: connections to providers, and the loop that empties the outbox."""
