"""The benchmark harness: the manifest."""
