"""Built-in encoders: the manifest."""
