"""The HTTP service. It translates between HTTP and the engine and makes no decisions of its own."""
