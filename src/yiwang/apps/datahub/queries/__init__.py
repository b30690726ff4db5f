"""The data centre's queries, a file or folder for each subject."""
