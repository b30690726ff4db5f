"""Rules of sources: names of files, what SQL may read, when a run is unusual."""
