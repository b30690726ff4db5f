"""Writes of the catalogue and of sharing."""
