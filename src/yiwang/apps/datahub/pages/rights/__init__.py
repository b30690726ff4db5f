"""Pages of the citizen's right to know: his own, in plain words, and the desk of the bodies that answer."""
