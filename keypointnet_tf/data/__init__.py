"""View pairs from records, from memory, or rendered on the fly; photos."""
