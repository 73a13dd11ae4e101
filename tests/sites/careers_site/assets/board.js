"use strict";

for (const layer of document.querySelectorAll("[data-overlay]")) {
  const what = layer.dataset.overlay;
  setTimeout(() => { layer.hidden = false; }, Number(layer.dataset.delay));
  for (const button of layer.querySelectorAll("[data-choice]")) {
    button.addEventListener("click", () => {
      document.cookie = `overlay_${what}=${button.dataset.choice}; path=${layer.dataset.path}; SameSite=Lax`;
      const body = new URLSearchParams({ what, choice: button.dataset.choice, path: layer.dataset.path });
      fetch("/_overlay", { method: "POST", body, keepalive: true });
      layer.remove();
    });
  }
}

function showErrors(form, refusal, errors) {
  const summary = form.querySelector(".summary");
  summary.textContent = refusal;
  summary.hidden = false;
  for (const place of form.querySelectorAll("[data-error-for]")) {
    const words = errors[place.dataset.errorFor] ?? "";
    place.textContent = words;
    place.hidden = words === "";
  }
  summary.scrollIntoView({ block: "center" });
}

for (const form of document.querySelectorAll("form[data-fetch]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    const answer = await fetch(form.action, {
      method: "POST", body: new FormData(form), headers: { accept: "application/json" },
    });
    const said = await answer.json();
    button.disabled = false;
    if (!said.ok) {
      showErrors(form, said.message[0], said.errors);
      return;
    }
    const message = document.createElement("div");
    message.className = "message";
    message.setAttribute("role", "status");
    const heading = document.createElement("h2");
    const text = document.createElement("p");
    heading.textContent = said.message[0];
    text.textContent = said.message[1];
    message.append(heading, text);
    form.replaceWith(message);
    message.scrollIntoView({ block: "center" });
  });
}
