"""Bad input over every door: a clear refusal in the reader's language, and nothing left behind."""
