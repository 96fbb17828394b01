"""authz: who may do what, and how far, in one table (policy.py); every view names its permission
(enforce.py).
"""
