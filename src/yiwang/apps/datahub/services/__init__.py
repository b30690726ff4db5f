"""The data centre's services, a file or folder for each subject."""
