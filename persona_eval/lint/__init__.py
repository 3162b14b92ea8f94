"""Training data held against the character card and the suites, without a language model."""
