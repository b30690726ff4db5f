"""The API attacked from its own description, by schemathesis."""
