"""Data: sources of images, transforms, color spaces and the input pipeline."""
