"""The commands that the benchmark adds to `zoo`, each imported when it is called."""
