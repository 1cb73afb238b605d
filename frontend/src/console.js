// Everything works without this file. With it live numbers arrive, older events join their list, charts are drawn.
import "htmx.org/dist/htmx.esm.js";
import "htmx.org/dist/ext/hx-sse.js";
import "./keys.js";

const QUIET_AFTER_MS = 15_000;
const root = document.documentElement;
let quiet;

// The badge in the header says whether numbers are still arriving; its words stand in the page, in its language.
const show = (state) => {
  if (root.dataset.live === state) return;
  root.dataset.live = state;
  const badge = document.getElementById("live");
  const words = document.getElementById("live-words");
  if (badge && words) words.textContent = badge.dataset[state];
};

const heard = () => {
  show("on");
  clearTimeout(quiet);
  quiet = setTimeout(() => show("lost"), QUIET_AFTER_MS);
};

document.addEventListener("htmx:sse:after:connection", heard);
document.addEventListener("htmx:sse:after:message", () => {
  heard();
  document.dispatchEvent(new Event("itda:fresh"));
});
document.addEventListener("htmx:sse:error", (event) => {
  show("lost");
  if (event.detail.status === 401) location.reload();
});
document.addEventListener("htmx:sse:close", (event) => {
  if (event.detail.reason === "ended") show("lost");
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(quiet);
});

// A part of a page that came later may bring a chart.
document.addEventListener("htmx:after:swap", () => document.dispatchEvent(new Event("itda:fresh")));

// A page that comes back out of the browser's memory may hold numbers of long ago.
window.addEventListener("pageshow", (event) => {
  if (event.persisted && document.getElementById("stream")) location.reload();
});

// Menus close on Escape and when something else is pressed.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A form that has been sent is not sent again by a second press.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  for (const button of event.target.querySelectorAll("button[data-once]")) button.setAttribute("aria-disabled", "true");
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("button[aria-disabled=true]")) event.preventDefault();
});
