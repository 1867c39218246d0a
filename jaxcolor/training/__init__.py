"""Training: the loop, its checkpoints, its devices and its reports."""
