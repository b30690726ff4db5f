"""The doors of the room: people, organisations and posts, roles, delegations, other systems."""
