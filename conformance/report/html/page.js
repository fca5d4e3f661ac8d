"use strict";
// The page is complete without this: it adds filters, copying, and one connection at a time.
document.documentElement.classList.add("js");

const copied = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
};

for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    await copied(button.parentElement.querySelector("code").textContent);
    button.textContent = "Copied";
    button.classList.add("done");
    button.focus();
    setTimeout(() => {
      button.textContent = "Copy";
      button.classList.remove("done");
    }, 2000);
  });
}

for (const form of document.querySelectorAll("[data-filters]")) {
  const scope = document.getElementById(form.dataset.filters);
  const checks = [...scope.querySelectorAll(".check")];
  const texts = new Map(checks.map((check) => [check, check.textContent.toLowerCase()]));
  const filter = () => {
    const wanted = new FormData(form);
    const words = wanted.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    const has = (check, name) => !wanted.get(name) || check.dataset[name].split(" ").includes(wanted.get(name));
    let shown = 0;
    for (const check of checks) {
      check.hidden = !(
        ["area", "outcome", "owner"].every((name) => has(check, name)) &&
        words.every((word) => texts.get(check).includes(word))
      );
      shown += !check.hidden;
    }
    const chosen = words.length || ["area", "outcome", "owner"].some((name) => wanted.get(name));
    for (const area of scope.querySelectorAll(".area")) {
      area.hidden = !area.querySelector(".check:not([hidden])");
      area.open = Boolean(chosen);
    }
    form.querySelector("output").textContent = `${shown} of ${checks.length} checks`;
  };
  form.hidden = false;
  for (const event of ["input", "change"]) form.addEventListener(event, filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  filter();
}

// A count at the top shows the checks that ended so.
for (const count of document.querySelectorAll(".legend [data-outcome]")) {
  count.addEventListener("click", () => {
    const form = document.querySelector("[data-filters]");
    form.reset();
    setTimeout(() => {
      form.elements.outcome.value = count.dataset.outcome;
      form.dispatchEvent(new Event("change"));
    });
  });
}

// One connection at a time: the one that the address names.
const connections = [...document.querySelectorAll("[data-connection]")];
const links = [...document.querySelectorAll("[data-show]")];
const show = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const chosen = target?.closest("[data-connection]");
  if (links.length) {
    for (const element of connections) element.hidden = Boolean(chosen) && element !== chosen;
    for (const link of links) {
      if (link.dataset.show === (chosen?.id ?? "")) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }
  if (target?.matches(".check")) {
    target.querySelector("details").open = true;
    const area = target.closest(".area");
    if (area) area.open = true;
  }
  if (target) target.scrollIntoView();
};
addEventListener("hashchange", show);
show();

// On paper nothing can be opened.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll(".also:not([open])")];
  for (const element of opened) element.open = true;
});
addEventListener("afterprint", () => {
  for (const element of opened) element.open = false;
});
