"""Builds the application from the environment; nothing else."""

from casework import create_app

app = create_app()
