"""Customers leave in bulk: which columns, read page by page in one transaction, into a file that is whole or not there.

desk → files → question → columns
"""
