"""How work is judged: pure rules on values."""
