// Renews what stands on the page, and searches and sorts without leaving it. Without this script
// every page works as well: links and forms lead to the same addresses.
"use strict";

// Pages that take long to make are asked for less often.
const EVERY_MS = 2000, TIMES_AS_LONG = 5, TYPING_MS = 250;
const live = (page) => page.querySelectorAll("[data-live]");
const seen = new Map(Array.from(live(document), (part) => [part.id, part.innerHTML]));
const news = document.getElementById("news");
let turn = 0, asleep = null;

async function fetched(address) {
  const answer = await fetch(address, { cache: "no-cache" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!answer.ok) throw new Error(page.getElementById("problem")?.textContent ?? answer.statusText);
  return page;
}

/** Let pictures come before they are shown, so that nothing flickers. */
function loaded(part) {
  const sources = Array.from(part.querySelectorAll("figure img"), (image) => image.src);
  return Promise.allSettled(sources.map((source) => {
    const image = new Image();
    image.src = source;
    return image.decode();
  }));
}

const mark = (element) => element?.dataset.here ?? element?.dataset.key ?? element?.value;

/** Put a part in the place of an old one; what was marked, opened or in focus stays so. */
function exchange(old, fresh) {
  const focused = old.contains(document.activeElement) ? mark(document.activeElement) : undefined;
  const checked = new Set(Array.from(old.querySelectorAll("input:checked"), (box) => box.value));
  const opened = Array.from(old.querySelectorAll("details"), (each) => each.open);
  old.replaceChildren(...fresh.childNodes);
  for (const box of old.querySelectorAll("input[type=checkbox]")) box.checked = checked.has(box.value);
  old.querySelectorAll("details").forEach((each, place) => { each.open = opened[place] ?? false; });
  if (focused === undefined) return;
  const again = Array.from(old.querySelectorAll("a, input")).find((each) => mark(each) === focused);
  again?.focus({ preventScroll: true });
}

async function renew() {
  const mine = ++turn, begun = performance.now();
  clearTimeout(asleep);
  try {
    const page = await fetched(location.href);
    for (const fresh of live(page)) {
      const old = document.getElementById(fresh.id), text = fresh.innerHTML;
      if (!old || seen.get(fresh.id) === text) continue;
      await loaded(fresh);
      if (mine !== turn) return; // something else was asked for meanwhile
      seen.set(fresh.id, text);
      exchange(old, fresh);
    }
    if (mine === turn && document.title !== page.title) document.title = page.title;
    news.textContent = "";
  } catch (error) {
    if (mine === turn) news.textContent = `What you see is old. ${error.message}`;
  }
  const took = performance.now() - begun;
  if (mine === turn) asleep = setTimeout(whenSeen, Math.max(EVERY_MS, TIMES_AS_LONG * took));
}

function whenSeen() {
  if (document.hidden) asleep = setTimeout(whenSeen, EVERY_MS);
  else renew();
}

function go(address, keep) {
  history[keep ? "pushState" : "replaceState"](null, "", address);
  return renew();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-here]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(link.href, true);
});

for (const form of document.querySelectorAll("form[data-search]")) {
  const ask = () => {
    const asked = new URLSearchParams(location.search);
    for (const field of form.querySelectorAll("input[type=search], select")) asked.set(field.name, field.value);
    asked.delete("page");
    go(`?${asked}`, false);
  };
  let typed = null;
  form.addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(ask, TYPING_MS); });
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input, select")) return;
  const field = document.querySelector("input[type=search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
});

addEventListener("popstate", () => location.reload());
if (seen.size > 0) asleep = setTimeout(whenSeen, EVERY_MS);
