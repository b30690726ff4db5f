"""Pages of open data: for everybody below /open/, for offices below /data/open/."""
