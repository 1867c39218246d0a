// Colors photographs, beside the page's own thread.
//
// Receives { id, file, type } to color a file, or { id, type } to encode the last picture again.
// Sends { id, progress } from 0 to 1, then { id, blob } or { id, problem }, a sentence.

import { recolor } from "./lab.js";
import { interpolate, interpolation } from "./resampling.js";

const MAX_PIXELS = 100e6;
const ROWS = 64; // Of a photograph that are in memory as floats at once.
const QUALITY = 0.95; // Of JPEG.

const network = load();
let picture; // The last one that was colored.
let queue = network.catch(() => {});
addEventListener("message", ({ data }) => {
  queue = queue.then(() => answer(data));
});

async function answer({ id, file, type }) {
  try {
    if (file) picture = await color(file, (progress) => postMessage({ id, progress }));
    const source = type === "image/jpeg" ? onWhite(picture) : picture;
    postMessage({ id, blob: await source.convertToBlob({ type, quality: QUALITY }) });
  } catch (error) {
    postMessage({ id, problem: error.message });
  }
}

/** Loads what lies beside the page: ONNX Runtime and the model. */
async function load() {
  try {
    const { env, InferenceSession, Tensor } = await import("./ort.wasm.bundle.min.mjs");
    env.wasm.numThreads = 1; // More need headers that plain servers do not send.
    const response = await fetch("model.onnx");
    if (!response.ok) throw new Error(`the server has no model.onnx (status ${response.status})`);
    const session = await InferenceSession.create(new Uint8Array(await response.arrayBuffer()));
    const [, size] = session.inputMetadata[0].shape;
    const predict = async (rgb) =>
      (await session.run({ rgb: new Tensor("uint8", rgb, [1, size, size, 3]) })).ab;
    return { size, predict };
  } catch (error) {
    throw new Error(`The network could not be loaded: ${error.message}.`);
  }
}

async function color(file, report) {
  const { size, predict } = await network;
  const photo = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name} is not a picture that this browser can read.`);
  });
  try {
    const megapixels = photo.width * photo.height / 1e6;
    if (megapixels > MAX_PIXELS / 1e6) {
      throw new Error(`${file.name} has ${Math.round(megapixels)} megapixels; ` +
        `at most ${MAX_PIXELS / 1e6} can be colored here.`);
    }
    const small = shrink(photo, size, (share) => report(0.3 * share));
    return join(photo, await predict(small), (share) => report(0.3 + 0.7 * share));
  } finally {
    photo.close();
  }
}

/** Yields a photograph's pixels by some rows at a time, on a background. */
function* strips(photo, background, report) {
  const { width, height } = photo;
  const context = new OffscreenCanvas(width, Math.min(ROWS, height))
    .getContext("2d", { willReadFrequently: true });
  context.fillStyle = background;
  for (let top = 0; top < height; top += ROWS) {
    const rows = Math.min(ROWS, height - top);
    context.clearRect(0, 0, width, rows);
    context.fillRect(0, 0, width, rows);
    context.drawImage(photo, 0, -top);
    yield { top, rows, pixels: context.getImageData(0, 0, width, rows) };
    report((top + rows) / height);
  }
}

/** Scales a photograph to [size, size, 3] uint8. */
function shrink(photo, size, report) {
  const narrow = new Uint8ClampedArray(photo.height * size * 3);
  const across = interpolation(photo.width, size), down = interpolation(photo.height, size);
  for (const { top, rows, pixels } of strips(photo, "white", report)) {
    for (let row = 0; row < rows; row++) {
      for (let channel = 0; channel < 3; channel++) {
        interpolate(
          { array: pixels.data, start: row * photo.width * 4 + channel, step: 4 }, across,
          { array: narrow, start: (top + row) * size * 3 + channel, step: 3 });
      }
    }
  }
  const small = new Uint8ClampedArray(size * size * 3), step = size * 3;
  for (let start = 0; start < step; start++) {
    interpolate({ array: narrow, start, step }, down, { array: small, start, step });
  }
  return new Uint8Array(small.buffer);
}

/** Enlarges a and b [1, h, w, 2] and joins them with a photograph's lightness, on a canvas. */
function join(photo, ab, report) {
  const [, height, width] = ab.dims, step = photo.width * 2;
  const wide = new Float32Array(height * step);
  const across = interpolation(width, photo.width), down = interpolation(height, photo.height);
  for (let row = 0; row < height; row++) {
    for (let channel = 0; channel < 2; channel++) {
      interpolate(
        { array: ab.data, start: row * width * 2 + channel, step: 2 }, across,
        { array: wide, start: row * step + channel, step: 2 });
    }
  }
  const canvas = new OffscreenCanvas(photo.width, photo.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  for (const { top, rows, pixels } of strips(photo, "transparent", report)) {
    const strip = new Float32Array(rows * step), terms = down.slice(top, top + rows);
    for (let start = 0; start < step; start++) {
      interpolate({ array: wide, start, step }, terms, { array: strip, start, step });
    }
    recolor(pixels.data, strip);
    context.putImageData(pixels, 0, top);
  }
  return canvas;
}

/** Returns a copy of a canvas on white, for a format without transparency. */
function onWhite(canvas) {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  return copy;
}
