"""Pure rules of files: what a content is, what a name may be, how pictures are compared."""
