"""Pure rules of places and codes."""
