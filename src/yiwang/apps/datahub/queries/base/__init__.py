"""Reads of the base databases."""
