"""organisation: what names no person supported: accounts, units, bodies, meetings, the access
log.
"""
