"""Timing for the benchmarks, and the PyTorch programs that they compare with."""
