"""How tests compare trees of arrays."""

import jax
import numpy as np


def assert_trees_close(actual, expected, *, rtol=0.0, atol=0.0):
    """Asserts equal structure and close leaves; without tolerances, equal ones."""
    actual_leaves, actual_tree = jax.tree_util.tree_flatten_with_path(actual)
    expected_leaves, expected_tree = jax.tree_util.tree_flatten_with_path(expected)
    assert actual_tree == expected_tree
    for (path, a), (_, e) in zip(actual_leaves, expected_leaves, strict=True):
        np.testing.assert_allclose(
            np.asarray(a), np.asarray(e), rtol, atol, err_msg=jax.tree_util.keystr(path)
        )
