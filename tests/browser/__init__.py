"""Journeys through the program in Chromium."""
