// New a and b for pixels of sRGB, whose lightness L is kept (CIE 1976 L*a*b*, D65), with the
// constants of jaxcolor/color.py.

const DELTA = 6 / 29;
const FACTOR = 1 / (3 * DELTA ** 2), OFFSET = 4 / 29;
const WHITE_X = 0.95047, WHITE_Z = 1.08883;

const linear = (encoded) =>
  encoded > 0.04045 ? ((encoded + 0.055) / 1.055) ** 2.4 : encoded / 12.92;

const LINEAR = Float64Array.from({ length: 256 }, (_, code) => linear(code / 255));
// The least linear light of each code from 0 to 256; that of 256 is never reached.
const LEAST = Float64Array.from({ length: 257 }, (_, code) => linear((code - 0.5) / 255));
LEAST[256] = Infinity;
// The codes of some linear light, from which the search for a code starts.
const STARTS = 4096;
const START = Uint8Array.from({ length: STARTS + 1 }, (_, i) => find(0, i / STARTS));

function find(code, light) {
  while (light >= LEAST[code + 1]) code++;
  return code;
}

function encode(light) {
  const clipped = Math.min(Math.max(light, 0), 1);
  return find(START[Math.floor(clipped * STARTS)], clipped);
}

const root = (t) => t > DELTA ** 3 ? Math.cbrt(t) : FACTOR * t + OFFSET;
const unroot = (f) => f > DELTA ? f * f * f : (f - OFFSET) / FACTOR;

/**
 * Gives pixels new colors and keeps their lightness and opacity.
 *
 * @param {Uint8ClampedArray} rgba - pixels, sRGB, which are replaced.
 * @param {Float32Array} ab - a and b of each pixel, in units of Lab.
 */
export function recolor(rgba, ab) {
  for (let i = 0, j = 0; i < rgba.length; i += 4, j += 2) {
    const y = root(0.212671 * LINEAR[rgba[i]] + 0.715160 * LINEAR[rgba[i + 1]]
      + 0.072169 * LINEAR[rgba[i + 2]]);
    const X = WHITE_X * unroot(y + ab[j] / 500);
    const Y = unroot(y);
    const Z = WHITE_Z * unroot(Math.max(y - ab[j + 1] / 200, 0));
    rgba[i] = encode(3.24048134 * X - 1.53715152 * Y - 0.49853633 * Z);
    rgba[i + 1] = encode(-0.96925495 * X + 1.87599 * Y + 0.04155593 * Z);
    rgba[i + 2] = encode(0.05564664 * X - 0.20404134 * Y + 1.05731107 * Z);
  }
}
