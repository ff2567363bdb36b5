"""Meshes and cameras to images, masks and depth; view pairs; the job that writes records."""
