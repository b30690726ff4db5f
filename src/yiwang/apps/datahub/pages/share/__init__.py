"""Pages of the catalogue and of sharing."""
