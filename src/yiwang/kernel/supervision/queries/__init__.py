"""Reads of supervision: rules in force, who is told, cards, orders, the wall, what is red."""
