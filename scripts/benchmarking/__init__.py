"""What the benchmarks share: the clock, and PyTorch's side of the races."""
