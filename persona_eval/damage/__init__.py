"""What fine-tuning cost: base and adapter on cases that have nothing to do with the character."""
