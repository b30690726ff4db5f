"""Reads for the inspector's phone (城管通) and for those who look after the shifts."""
