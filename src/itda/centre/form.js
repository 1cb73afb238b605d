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
      if (answer.ok) form.reset();
    } catch {
      form.submit();
      return;
    }
    told.hidden = false;
    button.disabled = false;
  });
}
