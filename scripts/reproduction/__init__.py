"""What `reproduce.py` is made of: the protocol and the page."""
