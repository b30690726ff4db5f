"""The data centre's api, a file or folder for each subject."""
