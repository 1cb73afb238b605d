"""What binds the access log, the audit and the consent ledger: sealing, anchors outside the database, verifying."""
