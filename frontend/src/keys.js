// Single keys press what carries them (data-key), while nobody types and as long as they are switched on.
const KEPT = "itda.keys";
const TYPED = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
const root = document.documentElement;

const isOn = () => localStorage.getItem(KEPT) !== "off";
const mark = () => {
  root.dataset.keys = isOn() ? "on" : "off";
  for (const box of document.querySelectorAll("input[data-keys]")) box.checked = isOn();
};

// Whatever the keyboard writes (Hangul, say), a key that is no Latin letter counts by its place.
const keyOf = (event) => {
  if (/^[a-z?]$/i.test(event.key)) return event.key.toLowerCase();
  return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key;
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.matches?.(TYPED)) {
    const isLeft = event.key === "Escape" || (event.key === "Enter" && event.target.matches("input[data-key]"));
    if (isLeft && !event.isComposing) {
      event.preventDefault(); // Enter would send the form by its first button; here a key of its own does
      event.target.blur();
    }
    return;
  }
  if (!isOn() || (event.key.startsWith("Arrow") && event.target.closest?.(".scroll, [role=radiogroup]"))) return;
  const found = document.querySelector(`main [data-key~="${CSS.escape(keyOf(event))}"]`);
  if (!found) return;
  event.preventDefault();
  if (found.matches("input")) found.focus();
  else found.click();
});
document.addEventListener("change", (event) => {
  if (!event.target.matches?.("input[data-keys]")) return;
  localStorage.setItem(KEPT, event.target.checked ? "on" : "off");
  mark();
});
document.addEventListener("htmx:after:swap", mark);
mark();
