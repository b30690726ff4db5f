"""Rules of map files; plain Python."""
