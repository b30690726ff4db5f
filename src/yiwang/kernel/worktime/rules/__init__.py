"""Pure arithmetic of working time: no database, no settings, no present moment."""
