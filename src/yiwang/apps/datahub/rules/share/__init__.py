"""Rules of the catalogue and of sharing: entries, requests, signatures, receipts, queries, overlap of systems."""
