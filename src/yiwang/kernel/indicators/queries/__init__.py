"""Reads of the indicator engine."""
