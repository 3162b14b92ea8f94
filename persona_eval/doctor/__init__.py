"""What is wrong with the lengths and the ends of replies, and what to change."""
