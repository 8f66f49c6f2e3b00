"""Reads for the screens, always narrowed to a person; one module for each screen."""
