"""Reading: recognises a file of needs, and reads it in a process of its own."""
