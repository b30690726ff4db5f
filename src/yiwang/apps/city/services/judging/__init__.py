"""Writes of how work is judged."""
