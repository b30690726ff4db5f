"""Reads of the catalogue and of sharing."""
