"""The calls, as methods: one module per group, its endpoints on top."""
