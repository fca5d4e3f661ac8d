"""Marks the top of the checkout for pytest. The plugin itself comes by its entry point, in tests as for users."""
