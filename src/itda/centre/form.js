// Sends a form of consents without leaving the page. Boxes stay as the person leaves them.
for (const form of document.querySelectorAll("form.itda-consent")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const told = form.querySelector('[role="status"]');
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const body = new URLSearchParams(new FormData(form));
      body.set("page", location.pathname);
      const answer = await fetch(form.action, { method: "POST", headers: { accept: "application/json" }, body });
      const said = await answer.json();
      told.textContent = said.message;
      told.id ||= `${form.elements[0].id}-told`;
      for (const one of form.querySelectorAll("[aria-invalid]")) {
        one.removeAttribute("aria-invalid");
        one.removeAttribute("aria-describedby");
      }
      const wrong = said.field ? form.elements.namedItem(said.field) : null;
      if (wrong) {
        wrong.setAttribute("aria-invalid", "true");
        wrong.setAttribute("aria-describedby", told.id);
        wrong.focus();
      }
      if (answer.ok) form.reset();
    } catch {
      form.submit();
      return;
    }
    told.hidden = false;
    button.disabled = false;
  });
}
