"""What `./dev` calls: each file does one thing, stays small and has a test."""
