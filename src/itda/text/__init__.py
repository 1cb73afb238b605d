"""What people write of themselves, in forms that can be compared: names, birth dates, phones, e-mails, addresses.

Every function takes one text and gives a text or a tuple, so that each distinct value is read once; nothing here knows
of records, weights or thresholds.
"""
