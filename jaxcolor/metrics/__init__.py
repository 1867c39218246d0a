"""Scores: how close colorized images come to the true ones."""
