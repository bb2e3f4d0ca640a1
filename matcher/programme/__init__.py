"""Programme: matches many needs against the entire register, in a run that survives a restart."""
