"""The data centre's pages, a file or folder for each subject."""
