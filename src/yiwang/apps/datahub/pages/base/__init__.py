"""Pages of the base databases."""
