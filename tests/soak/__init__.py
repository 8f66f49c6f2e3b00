"""What takes long: a handful of each in the tests, all of it with `make soak`."""
