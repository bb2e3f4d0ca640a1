"""The engine: needs and capability profiles in, a ranked and explained list of partners out."""
