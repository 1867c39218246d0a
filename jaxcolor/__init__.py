"""jaxcolor: image colorization with conditional GANs in JAX and Flax."""
