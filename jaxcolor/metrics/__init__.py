"""Metrics of colorized images against the true ones."""
