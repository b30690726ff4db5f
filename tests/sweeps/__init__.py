"""Attacks that need no knowledge of an app: its URL conf, its `tests/specimens.py` and the scope rule in plain Python."""
