"""Pure rules of supervision: reading warning rules, which of them speak, numbers of orders, quiet hours."""
