"""A shop with real purchases: The Complete Journey's households, at the till, in the CRM, by mail, on the web."""
