"""A recipe in variants, each trained in a folder of its own beside the adapter."""
