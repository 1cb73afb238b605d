"""The customer's own door: to refuse, to choose, and where the links of mails lead. It knows nothing of the console."""
