"""Builds the inspection side alone from the environment; nothing else."""

import gc

from casework import create_inspection_app

app = create_inspection_app()
gc.freeze()  # as in app.py
