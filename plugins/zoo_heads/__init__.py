"""Built-in heads: the manifest."""
