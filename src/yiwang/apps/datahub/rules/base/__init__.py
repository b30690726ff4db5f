"""Rules of the base databases (基础库): how two rows are compared, what a golden record holds, what is shown of it."""
