"""inspection: what unit heads, inspectors and managers read. It knows published figures and its own
tables only.
"""
