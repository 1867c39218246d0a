"""The parts of `reproduce.py`: the protocol, one experiment, and the page."""
