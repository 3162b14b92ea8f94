"""Generation settings, tried side by side on the same cases with the same draws."""
