"use strict";
// The pages are complete without this: it adds search, filters and sorting of the connections, and copying.
document.documentElement.classList.add("js");

for (const form of document.querySelectorAll("[data-filters]")) {
  const table = document.getElementById(form.dataset.filters);
  const groups = [...table.querySelectorAll("tbody")].map((body) => [body, [...body.querySelectorAll(".row")]]);
  const rows = groups.flatMap(([, found]) => found);
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const first = (row, key) => row.dataset[key] || "\uffff"; // what is not known comes last
  const update = () => {
    const wanted = new FormData(form);
    const words = wanted.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    const has = (row, name) => !wanted.get(name) || row.dataset[name].split(" ").includes(wanted.get(name));
    const key = wanted.get("sort");
    const order = (row, other) =>
      first(row, key).localeCompare(first(other, key)) || row.dataset.name.localeCompare(other.dataset.name);
    let shown = 0;
    for (const [body, found] of groups) {
      for (const row of found) {
        row.hidden = !(
          ["verdict", "cause", "owner"].every((name) => has(row, name)) &&
          words.every((word) => texts.get(row).includes(word))
        );
        shown += !row.hidden;
      }
      body.hidden = found.every((row) => row.hidden);
      body.append(...(key ? [...found].sort(order) : found));
    }
    form.querySelector("output").textContent = `${shown} of ${rows.length} connections`;
  };
  form.hidden = false;
  for (const event of ["input", "change"]) form.addEventListener(event, update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(update));
  update();
}

for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = "Copy";
    }, 2000);
  });
}

// On paper nothing can be opened.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll(".case:not([open])")];
  for (const element of opened) element.open = true;
});
addEventListener("afterprint", () => {
  for (const element of opened) element.open = false;
});
