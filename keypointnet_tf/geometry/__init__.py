"""Cameras, rotations, Procrustes, heatmaps. `placement` is NumPy; the rest is `keras.ops`."""
