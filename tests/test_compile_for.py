"""What is read from compiled programs; no accelerator and no package for one is needed."""

import compile_for
import jax
import jax.numpy as jnp
import pytest
from benchmarking import programs
from jax import lax

GPU_PROGRAM = """
HloModule jit_step, is_scheduled=true

%fused_transpose (param_0: f32[4,4,8,16]) -> f32[16,4,4,8] {
  %param_0 = f32[4,4,8,16]{3,2,1,0} parameter(0)
  ROOT %transpose.1 = f32[16,4,4,8]{3,2,1,0} transpose(%param_0), dimensions={3,0,1,2}
}

%body (param_1: (s32[], bf16[8])) -> (s32[], bf16[8]) {
  %param_1 = (s32[], bf16[8]{0}) parameter(0)
  %get-tuple-element.1 = bf16[8]{0} get-tuple-element(%param_1), index=1
  ROOT %all-reduce-start = bf16[8]{0} all-reduce-start(%get-tuple-element.1), to_apply=%add
}

ENTRY %main (x.1: f32[2,8,8,8], k.1: f32[4,4,8,16]) -> f32[2,4,4,16] {
  %x.1 = f32[2,8,8,8]{3,2,1,0} parameter(0)
  %k.1 = f32[4,4,8,16]{3,2,1,0} parameter(1)
  %a.1 = f32[32,10]{1,0} parameter(2)
  %b.1 = f32[10,4]{1,0} parameter(3)
  %fusion.1 = f32[16,4,4,8]{3,2,1,0} fusion(%k.1), kind=kInput, calls=%fused_transpose
  %conv.1 = (f32[2,4,4,16]{3,2,1,0}, u8[0]{0}) custom-call(%x.1, %fusion.1), window={size=4x4 \
stride=2x2 pad=1_1x1_1}, dim_labels=b01f_o01i->b01f, custom_call_target="__cudnn$convForward"
  %y.1 = f32[2,4,4,16]{3,2,1,0} get-tuple-element(%conv.1), index=0
  %conv.2 = (f32[2,8,8,8]{3,2,1,0}, u8[0]{0}) custom-call(%y.1, %fusion.1), window={size=4x4 \
stride=2x2 pad=1_1x1_1}, dim_labels=b01f_o01i->b01f, operand_precision={highest,highest}, \
custom_call_target="__cudnn$convBackwardInput"
  %conv.3 = (f32[16,4,4,8]{3,2,1,0}, u8[0]{0}) custom-call(%x.1, %y.1), window={size=4x4 \
stride=2x2 pad=1_1x1_1}, dim_labels=b01f_o01i->b01f, custom_call_target="__cudnn$convBackwardFilter"
  %gemm.1 = (f32[32,4]{1,0}, s8[64]{0}) custom-call(%a.1, %b.1), \
custom_call_target="__cublas$gemm", backend_config={"gemm_backend_config":{"alpha_real":1,\
"dot_dimension_numbers":{"lhs_contracting_dimensions":["1"],"rhs_contracting_dimensions":["0"]}}}
  %while.1 = (s32[], bf16[8]{0}) while(%tuple.1), condition=%condition, body=%body, \
backend_config={"known_trip_count":{"n":"4"}}
  ROOT %copy.1 = f32[2,4,4,16]{3,2,1,0} copy(%y.1)
}
"""


def test_a_program_for_gpus_is_read():
    flops, image, result = 2.0 * (2 * 4 * 4) * 16 * (4 * 4 * 8), 4096, 2048
    kernel = 4 * 4 * 4 * 8 * 16
    assert programs.read(GPU_PROGRAM) == [
        ("copy", 1, 0, 2 * kernel, kernel, "f32"),
        ("__cudnn$convForward", 1, flops, image + kernel + result, result, "f32"),
        # Its first operand is the result of a custom call, which is a tuple.
        ("__cudnn$convBackwardInput", 1, flops, image + kernel + result, image, "exact"),
        ("__cudnn$convBackwardFilter", 1, flops, image + kernel + result, kernel, "f32"),
        ("__cublas$gemm", 1, 2 * 32 * 4 * 10, 4 * (32 * 10 + 10 * 4 + 32 * 4) + 64, 576, "f32"),
        ("all-reduce", 4, 0, 32, 16, "bf16"),
        ("copy", 1, 0, 2 * result, result, "f32"),
    ]


def test_operations_are_counted_as_often_as_they_run():
    @jax.jit
    def step(x, kernel, matrix):
        def convolve(x, _):
            return lax.conv(x, kernel, (1, 1), "SAME"), None

        x, _ = lax.scan(convolve, x, length=3)
        return jnp.tanh(x), matrix @ matrix

    shapes = (2, 4, 8, 8), (4, 4, 3, 3), (16, 16)
    text = step.lower(*(jnp.ones(shape) for shape in shapes)).compile().as_text()
    flops = sum(work.times * work.flops for work in programs.read(text))
    assert flops == 3 * 2 * (2 * 4 * 8 * 8) * (4 * 3 * 3) + 2 * 16**3


def test_the_largest_batch_is_on_the_line_through_two():
    peaks = {8: 3e9, 16: 4e9, 32: 6e9}
    assert compile_for.largest_batch(peaks, 1) == 32 + (84_942_979_072 - 6e9) // 0.125e9
    assert compile_for.largest_batch(peaks, 8) == 656
    assert compile_for.largest_batch(peaks | {512: 60e9}, 1) == 663  # Made smaller by XLA.
    assert compile_for.largest_batch({512: 60e9, 8: 3e9}, 1) is None


def test_targets_that_do_not_exist_are_named():
    with pytest.raises(compile_for.InputError, match=r'--target v9:1x1: .* "jax\[tpu\]"'):
        compile_for.find_devices("v9:1x1", 1)
