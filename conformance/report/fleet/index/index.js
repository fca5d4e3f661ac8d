"use strict";
// The page is complete without this: it adds search, filters and sorting of the connections.
for (const form of document.querySelectorAll("[data-filters]")) {
  const body = document.getElementById(form.dataset.filters);
  const rows = [...body.children];
  const update = () => {
    const wanted = new FormData(form);
    const words = wanted.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    const has = (row, name) => !wanted.get(name) || row.dataset[name].split(" ").includes(wanted.get(name));
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !(
        ["verdict", "cause", "owner"].every((name) => has(row, name)) && words.every((word) => text.includes(word))
      );
      shown += !row.hidden;
    }
    const key = wanted.get("sort");
    const order = (one, other) =>
      one.dataset[key].localeCompare(other.dataset[key]) || one.dataset.name.localeCompare(other.dataset.name);
    body.append(...(key ? [...rows].sort(order) : rows));
    form.querySelector("output").textContent = `${shown} of ${rows.length} connections`;
  };
  form.hidden = false;
  for (const event of ["input", "change"]) form.addEventListener(event, update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(update));
  update();
}
