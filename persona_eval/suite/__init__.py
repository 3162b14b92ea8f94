"""Suites and character cards: from YAML to frozen data, or to all that is wrong with them."""
