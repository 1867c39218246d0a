// Bicubic interpolation as Pillow computes it: Keys, "Cubic convolution interpolation for digital
// image processing", 1981, a = -0.5, with antialiasing where a picture becomes smaller.

function keys(distance) {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

/**
 * Finds what each new number of a line is the sum of.
 *
 * @param {number} from - length of the old line.
 * @param {number} to - length of the new line.
 * @returns {{first: number, weights: Float64Array}[]} for each new number the first old one that
 *   it takes, and the weights of that and the following ones.
 */
export function interpolation(from, to) {
  const ratio = from / to, stretch = Math.max(ratio, 1);
  return Array.from({ length: to }, (_, place) => {
    const center = (place + 0.5) * ratio;
    const first = Math.max(0, Math.floor(center - 2 * stretch + 0.5));
    const end = Math.min(from, Math.floor(center + 2 * stretch + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_, i) =>
      keys((first + i + 0.5 - center) / stretch));
    const sum = weights.reduce((a, b) => a + b);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * Interpolates one line of numbers.
 *
 * @param {{array: ArrayLike<number>, start: number, step: number}} old - the line's array, the
 *   place of its first number, and the distance from one to the next.
 * @param {{first: number, weights: Float64Array}[]} terms - as of `interpolation`.
 * @param {{array: Float32Array | Uint8ClampedArray, start: number, step: number}} line - receives
 *   one number for each of the terms.
 */
export function interpolate(old, terms, line) {
  const { array: source, start, step } = old;
  let target = line.start;
  for (const { first, weights } of terms) {
    let sum = 0, place = start + first * step;
    for (let i = 0; i < weights.length; i++, place += step) sum += weights[i] * source[place];
    line.array[target] = sum;
    target += line.step;
  }
}
