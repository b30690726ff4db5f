"""Reads of the citizen's right to know: who he is, who read him, what is held, what he agreed to, what he asked."""
