"""From failing cases to what the training data lack, and to prompts for their author to answer."""
