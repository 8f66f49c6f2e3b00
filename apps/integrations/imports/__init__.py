"""A file as many messages: kept on disk, read in slices, each record through the same store as a posted message."""
