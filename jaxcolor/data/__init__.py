"""Data: sources of images, what is done to them, and the pipeline that feeds the networks."""
