// Keys and focus of the review queue. Everything here can be done without it.
"use strict";

(() => {
  const OFF = "handrail-keys-off";
  const item = () => document.getElementById("item");
  const OPEN = ".reject[open], .talk[open]";
  const keysOff = () => localStorage.getItem(OFF) === "yes";

  function move(step) {
    const lines = [...document.querySelectorAll("#queue .queue-line")];
    const here = lines.findIndex((line) => line.hasAttribute("aria-current"));
    const next = lines[here < 0 ? 0 : here + step];
    if (next) next.click();
  }

  // Nobody decides by key about what is scrolled out of sight: the first press brings it back.
  function outOfSight() {
    const body = document.querySelector("#item .item-body");
    const title = document.getElementById("item-title");
    const shown = document.querySelector("#item .if-you-approve") || title;
    if (!body || !shown) return false;
    const frame = body.getBoundingClientRect();
    const place = shown.getBoundingClientRect();
    if (place.bottom > Math.max(frame.top, 0) && place.top < Math.min(frame.bottom, innerHeight)) {
      return false;
    }
    title.scrollIntoView({ block: "start" });
    title.focus({ preventScroll: true });
    return true;
  }

  // -- Selecting several that are alike. The boxes work without any of this. ------------------

  let lastPick = "";
  let chosen = [];
  const picks = () => [...document.querySelectorAll("#queue .pick")];

  function pickHere(range) {
    const line = document.querySelector("#queue .queue-line[aria-current]");
    const box = line?.parentElement.querySelector(".pick");
    if (!box || box.disabled) return false;
    box.checked = !box.checked;
    picked(box, range);
    return true;
  }

  function picked(box, range) {
    const all = picks();
    const last = all.findIndex((one) => one.value === lastPick);
    if (range && last >= 0) {
      const [from, to] = [last, all.indexOf(box)].sort((a, b) => a - b);
      for (const one of all.slice(from, to + 1)) {
        if (one.dataset.alike === box.dataset.alike) one.checked = box.checked;
      }
    }
    lastPick = box.value;
    showPicked(all);
  }

  function showPicked(all) {
    const ticked = all.filter((one) => one.checked);
    chosen = ticked.map((one) => one.value);
    const alike = ticked[0]?.dataset.alike;
    for (const one of all) one.disabled = Boolean(alike) && one.dataset.alike !== alike;
    const count = document.querySelector(".batch-count");
    if (count) count.textContent = `${chosen.length} selected`;
  }

  // The list comes anew with each decision: what was ticked and is there still, stays.
  function pickAgain() {
    const all = picks();
    for (const one of all) one.checked = chosen.includes(one.value);
    showPicked(all);
  }

  document.addEventListener("click", (event) => {
    if (event.target.matches(".pick")) picked(event.target, event.shiftKey);
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id === "queue") pickAgain();
  });

  function press(key) {
    const control = document.querySelector(`[data-key="${key}"]`);
    if (!control) return false;
    if ("at".includes(key) && outOfSight()) return true;
    control.focus();
    control.click();
    return true;
  }

  function showKeys() {
    const dialog = document.getElementById("keys");
    document.getElementById("keys-on").checked = !keysOff();
    dialog.showModal();
  }

  const typing = (target) =>
    target.isContentEditable
    || (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
      && !["radio", "checkbox"].includes(target.type));

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.querySelector(OPEN);
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "?") {
      showKeys();
      event.preventDefault();
      return;
    }
    if (keysOff()) return;
    if (event.key === "/") document.getElementById("queue-q")?.focus();
    else if (/^[1-9]$/.test(event.key)) {
      if (!chooseReason(Number(event.key))) return;
    } else if (document.querySelector(OPEN)) return;
    else if (event.key.toLowerCase() === "x") {
      if (!pickHere(event.shiftKey)) return;
    } else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (!"aertuzm".includes(event.key) || !press(event.key)) return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest(".keys-button")) showKeys();
  });

  document.addEventListener("change", (event) => {
    if (event.target.id === "keys-on") {
      localStorage.setItem(OFF, event.target.checked ? "no" : "yes");
    }
  });

  document.addEventListener("toggle", (event) => {
    const details = event.target;
    if (details.matches(OPEN)) {
      // A number that was pressed meanwhile has the focus where it belongs.
      if (details.querySelector("input:checked")) return;
      const first = details.matches(".later")
        ? ".presets button"
        : "select, input:not([type=hidden]), textarea";
      details.querySelector(first)?.focus();
    }
  }, true);

  // The reasons of an open rejection have the numbers; words are never overwritten.
  function chooseReason(number) {
    const reasons = document.querySelectorAll(".reject[open] .reasons input");
    if (!reasons[number - 1]) return false;
    reasons[number - 1].click();
    reasons[number - 1].focus();
    return true;
  }

  document.addEventListener("change", (event) => {
    if (!event.target.closest(".reasons")) return;
    const presets = event.target.form.querySelector(".presets");
    if (!presets) return;  // the colleagues to ask are such a list too
    for (const one of presets.children) one.hidden = one.dataset.preset !== event.target.value;
    presets.hidden = ![...presets.children].some((one) => !one.hidden);
  });

  document.addEventListener("click", (event) => {
    const preset = event.target.closest("[data-preset]");
    if (!preset) return;
    const words = preset.form.querySelector("[name=words]");
    words.value = [words.value.trim(), preset.textContent.trim()].filter(Boolean).join(" ");
    words.focus();
  });

  // -- Others who look at the same item. Nothing is locked: it asks twice, and passes. --------

  const label = (button) => [...button.childNodes].find((node) => node.textContent.trim());

  function hesitate(button) {
    const note = document.querySelector(".here [data-sure]");
    if (!document.querySelector(".here [data-first]") || button.dataset.said) return false;
    button.dataset.said = label(button).textContent;
    label(button).textContent = `${button.dataset.said.trim()} anyway `;
    if (note) note.textContent = "Somebody else was here first. Press again to decide anyway.";
    return true;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-soft]");
    if (!button || !hesitate(button)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  document.addEventListener("htmx:afterSwap", (event) => {
    if (!event.target.matches(".others") || event.target.querySelector("[data-first]")) return;
    document.querySelector(".here [data-sure]").textContent = "";
    for (const button of document.querySelectorAll("[data-soft][data-said]")) {
      label(button).textContent = button.dataset.said;
      delete button.dataset.said;
    }
  });

  // An item that is in sight says so by and by; whoever closes or hides it says that. Each time
  // it is shown is a viewing of its own: what arrives late of a former one ends only that one.
  const BEAT = 7_000;
  let viewing = "";

  function newViewing() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function leave() {
    const form = document.querySelector("form.here");
    if (!form || !viewing) return;
    const said = new FormData(form);
    said.set("viewing", viewing);
    said.set("gone", "yes");
    viewing = "";
    navigator.sendBeacon(form.action, said);
  }
  const sayHere = () => document.querySelector("form.here")?.dispatchEvent(new Event("here"));

  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.target.matches("form.here")) return;
    if (document.hidden) event.preventDefault();
    else event.detail.parameters.viewing = viewing ||= newViewing();
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : sayHere()));
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => event.persisted && sayHere());
  setInterval(sayHere, BEAT);
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id === "item" && event.detail.shouldSwap !== false) leave();
  });

  // An item that is opened comes without its list, whose mark moves to it.
  function markLine() {
    const id = document.querySelector("#item > .item[data-item]")?.dataset.item;
    for (const line of document.querySelectorAll("#queue .queue-line")) {
      if (id && line.getAttribute("href").includes(`/${id}/`)) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    }
  }

  function settle() {
    for (const button of document.querySelectorAll(".keys-button")) button.hidden = false;
  }

  // A new item was put in: on a phone it takes the screen, and readers begin at its title.
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "item") return;
    item().dataset.opened = document.querySelector("#item > .item[aria-labelledby]") ? "yes" : "no";
    settle();
    markLine();
    const alert = document.querySelector("#item [role=alert]");
    const field = document.querySelector("#item .edit textarea, #item .edit input:not([type=hidden])");
    const start = alert || field || document.getElementById("item-title");
    if (start) start.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    document.querySelector("#item .item-body")?.scrollTo(0, 0);
  });

  settle();
})();
