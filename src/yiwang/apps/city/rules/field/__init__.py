"""Rules of the inspector's phone (城管通): its clock, its first place, its track."""
