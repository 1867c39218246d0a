import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcolor import compilation
from jaxcolor.compilation import at_highest_precision, compile_network


@pytest.fixture
def unknown_option(monkeypatch):
    monkeypatch.setattr(compilation, "CPU_OPTIONS", {"xla_no_such_option": "1"})


def double(x):
    return 2 * x


def test_it_compiles_as_jit_does():
    x = jnp.arange(3.0)
    np.testing.assert_array_equal(compile_network(double)(x), [0, 2, 4])
    np.testing.assert_array_equal(compile_network(double).lower(x).compile()(x), [0, 2, 4])
    power = compile_network(lambda exponent, x: x**exponent, static_argnums=0)
    np.testing.assert_array_equal(power(2, x=x), [0, 1, 4])
    donating = compile_network(double, donate_argnums=0)
    np.testing.assert_array_equal(donating(x), [0, 2, 4])
    assert x.is_deleted()


def test_an_unknown_option_is_left_out_with_one_warning(unknown_option):
    x = jnp.arange(3.0)
    first, second = compile_network(double), compile_network(double)
    with pytest.warns(RuntimeWarning, match="without.*xla_no_such_option.*slower"):
        np.testing.assert_array_equal(first(x), [0, 2, 4])
    for compiled in (first, second):  # Any further warning is an error.
        np.testing.assert_array_equal(compiled(x), [0, 2, 4])
        np.testing.assert_array_equal(compiled.lower(x).compile()(x), [0, 2, 4])


def test_other_platforms_are_given_no_option_of_cpus(unknown_option, monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    compiled = compile_network(double)
    np.testing.assert_array_equal(compiled(jnp.ones(2)), [2, 2])
    np.testing.assert_array_equal(compiled.lower(jnp.ones(2)).compile()(jnp.ones(2)), [2, 2])


def test_no_device_is_asked_for_before_the_first_call(monkeypatch):
    def refuse():
        raise AssertionError

    monkeypatch.setattr(jax, "default_backend", refuse)
    compiled = compile_network(double)
    with pytest.raises(AssertionError):
        compiled(1.0)


def test_derivatives_that_are_taken_outside_are_exact_as_well():
    @jax.jit
    def gradients(x, y):
        exact, rounded = at_highest_precision(jnp.dot), jnp.dot
        return jax.grad(lambda x: exact(jnp.sin(x), y).sum() + rounded(x, y).sum())(x)

    x = jnp.ones((2, 2))
    text = gradients.lower(x, x).as_text()
    precisions = re.findall(r"dot_general .*precision = \[(\w+), \1\]", text)
    assert sorted(precisions) == ["DEFAULT", "HIGHEST"]
    np.testing.assert_allclose(gradients(x, x), 2 * np.cos(1) + 2, rtol=1e-6)
