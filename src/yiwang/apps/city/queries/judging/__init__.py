"""Reads of how work is judged."""
