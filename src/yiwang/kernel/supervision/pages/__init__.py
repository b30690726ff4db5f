"""Doors of supervision: orders, cards, rules, the wall."""
