"""The HTTP service: it translates between HTTP and the engine, and decides nothing."""
