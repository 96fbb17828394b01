"""Builds the application from the environment; nothing else."""

import gc

from casework import create_app

app = create_app()
# What stands now stays for good. Else Python walks through all of it again while somebody waits for
# a page: one of twenty views of Today took 209 ms instead of 68 (docs/performance.md).
gc.freeze()
