"""Journal kinds of this room."""
