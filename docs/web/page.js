// The page: takes a photograph, has it colored by worker.js, and shows both.

const element = (id) => document.getElementById(id);
const [drop, file, status, progress, problem] =
  ["drop", "file", "status", "progress", "problem"].map(element);
const [result, before, after, divider, format, download] =
  ["result", "before", "after", "divider", "format", "download"].map(element);
const EXTENSIONS = { "image/png": "png", "image/jpeg": "jpg" };

let name = ""; // Of the photograph, without its extension.
let last = 0; // Number of the last request; answers to earlier ones are not shown.

const worker = new Worker("worker.js", { type: "module" });
worker.addEventListener("message", ({ data }) => {
  if (data.id !== last) return;
  if (data.progress !== undefined) progress.value = data.progress;
  if (data.problem) fail(data.problem);
  if (data.blob) show(data.blob, data.id);
});
worker.addEventListener("error", () => fail("A file of this page could not be loaded."));

function request(message, words) {
  worker.postMessage({ ...message, id: ++last, type: format.value });
  status.textContent = words;
  problem.textContent = "";
  progress.removeAttribute("value");
  progress.hidden = false;
  download.removeAttribute("href");
}

function finish(words) {
  progress.hidden = true;
  status.textContent = words;
}

function fail(sentence) {
  finish("");
  problem.textContent = sentence;
}

function take(files) {
  if (files.length !== 1) return fail("Take one photograph at a time, as a file.");
  const [photo] = files;
  name = photo.name.replace(/\.[^.]*$/, "");
  format.value = photo.type in EXTENSIONS ? photo.type : "image/png";
  result.hidden = true;
  put(before, photo);
  request({ file: photo }, `Coloring ${photo.name} …`);
}

async function show(blob, id) {
  put(after, blob);
  download.href = after.src;
  download.download = `${name}.color.${EXTENSIONS[blob.type]}`;
  await Promise.allSettled([before.decode(), after.decode()]);
  if (id !== last) return; // Another photograph has been taken meanwhile.
  result.hidden = false;
  const { naturalWidth: width, naturalHeight: height } = after;
  finish(`${download.download}: ${width} × ${height} pixels, ${inBytes(blob.size)}`);
}

function put(picture, blob) {
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(blob);
}

function inBytes(size) {
  return size < 1e6 ? `${Math.ceil(size / 1e3)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

file.addEventListener("change", () => {
  take(file.files);
  file.value = ""; // The same photograph can be taken again.
});
format.addEventListener("change", () => request({}, "Writing the file …"));
divider.addEventListener("input", () => {
  result.style.setProperty("--divider", `${divider.value}%`);
});
addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
addEventListener("dragleave", () => drop.classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  take(event.dataTransfer.files);
});
status.textContent = "";
