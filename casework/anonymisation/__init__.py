"""anonymisation: the only door between the two sides.

It reads confidential records and writes the read model.
"""
