// What makes the console quicker. Nothing here is needed: every act is a plain form.
"use strict";

const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
let here = -1;

function go(to) {
  if (!rows.length) return;
  rows[here]?.classList.remove("here");
  here = Math.max(0, Math.min(rows.length - 1, to));
  rows[here].classList.add("here");
  rows[here].querySelector("a")?.focus();
}

function open(name) {
  const act = document.querySelector(`details[data-act="${name}"]`);
  if (!act) return;
  act.open = true;
  act.querySelector("textarea, input:not([type=hidden]), select")?.focus();
  act.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => go(here + 1),
  k: () => go(here - 1),
  r: () => open("release"),
  c: () => open("refuse"),
  n: () => open("note"),
  "/": () => document.querySelector('[data-key="/"]')?.focus(),
  "?": () => document.getElementById("help").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const typing = event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, dialog[open]");
  if (typing || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
});

// Texts for reasons: shown only where they can be put in.
for (const picks of document.querySelectorAll("[data-picks]")) {
  picks.hidden = false;
  picks.addEventListener("click", (event) => {
    const text = event.target.closest("button")?.textContent;
    const into = picks.closest("form").elements.reason;
    if (!text) return;
    into.value = into.value.trim() ? `${into.value.trim()} ${text}` : text;
    into.focus();
  });
}

// Numbers of the queue as they are now; whether to load the page anew is for whoever reads it.
const fresh = document.querySelector("[data-change]");
async function count() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/console/counts", { redirect: "error" });
    if (!answer.ok) return;
    const now = await answer.json();
    for (const each of document.querySelectorAll("[data-count]")) each.textContent = now[each.dataset.count];
    fresh.hidden = String(now.change) === fresh.dataset.change;
  } catch {
    // the next time may do better
  }
}
if (fresh) setInterval(count, 5000);

// Pages of numbers as they are now: the same page, read again, with what is open left open.
const live = document.querySelector("[data-live]");
async function renew() {
  if (document.hidden || live.contains(document.activeElement)) return;
  try {
    const answer = await fetch(location.href, { redirect: "error" });
    if (!answer.ok) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
    if (!found) return;
    const open = [...live.querySelectorAll("details")].map((each) => each.open);
    live.replaceChildren(...found.childNodes);
    live.querySelectorAll("details").forEach((each, place) => (each.open = open[place] ?? each.open));
  } catch {
    // the next time may do better
  }
}
if (live) setInterval(renew, 1000 * Number(live.dataset.live));

// On a narrow screen the row of pages is longer than the screen: the one that is open is in sight.
document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
