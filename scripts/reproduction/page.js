const table = document.querySelector(".scores"), body = table.tBodies[1];
const headings = [...table.querySelectorAll("[data-sort]")];
document.querySelector("[hidden]").hidden = false;
for (const th of headings) {
  const button = document.createElement("button");
  button.append(...th.childNodes);
  th.append(button);
  th.addEventListener("click", () => {
    const reversed = { ascending: "descending", descending: "ascending" };
    const order = reversed[th.getAttribute("aria-sort")] ?? th.dataset.sort;
    headings.forEach((other) => other.removeAttribute("aria-sort"));
    th.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const value = (row) => parseFloat(row.cells[th.cellIndex]?.dataset.value);
    const compare = (a, b) => isNaN(a) - isNaN(b) || sign * (a - b);
    body.append(...[...body.rows].sort((a, b) => compare(value(a), value(b))));
  });
}
