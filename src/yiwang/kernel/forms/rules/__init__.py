"""Pure rules of forms: what a definition may say, and whether answers fit it."""
