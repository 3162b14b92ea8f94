"""Memorised or learned: what replies have in common with training replies."""
