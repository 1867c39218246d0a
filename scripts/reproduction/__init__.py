"""What `reproduce.py` is made of: the protocol, what was published, and the page."""
