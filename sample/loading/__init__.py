"""The county into the tables: the ground and closed cases by COPY, open cases through the platform's own services."""
