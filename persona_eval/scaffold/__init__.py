"""A new character: card, suites, recipe and example data, made from a few answers."""
