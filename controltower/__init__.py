"""The project's frame: settings, entry points, engines. Nothing of the domain."""
