// Line numbers, indenting, and going to a problem's place. Without this there is the Check button.
"use strict";

(() => {
  const form = document.querySelector("[data-editor]");
  const text = form?.querySelector("textarea[name=definition]");
  if (!text) return;
  const gutter = form.querySelector(".editor-gutter");
  const INDENT = "  ";
  const began = text.value;
  let sent = false;
  let leaving = false; // after Escape, Tab moves on instead of indenting

  // -- Line numbers --------------------------------------------------------------------------

  const wrong = () =>
    new Set([...document.querySelectorAll("#checked [data-line]")].map((a) => Number(a.dataset.line)));

  function number() {
    const marked = wrong();
    const count = text.value.split("\n").length;
    const parts = [];
    let plain = "";
    for (let line = 1; line <= count; line += 1) {
      if (!marked.has(line)) {
        plain += `${line}\n`;
        continue;
      }
      const sign = document.createElement("b");
      sign.textContent = String(line);
      parts.push(plain, sign);
      plain = "\n";
    }
    gutter.replaceChildren(...parts, `${plain}\n`);
    gutter.scrollTop = text.scrollTop;
  }

  text.addEventListener("scroll", () => { gutter.scrollTop = text.scrollTop; });
  text.addEventListener("input", number);

  // -- Indenting -----------------------------------------------------------------------------

  // Through the browser's own editing, so that undo takes it back.
  function put(words, start, end) {
    text.setSelectionRange(start, end);
    const done = words
      ? document.execCommand("insertText", false, words)
      : document.execCommand("delete");
    if (done) return;
    text.setRangeText(words, start, end, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function shift(back) {
    const { value, selectionStart: start, selectionEnd: end } = text;
    const first = value.lastIndexOf("\n", start - 1) + 1;
    if (start === end && !back) return put(INDENT, start, end);
    const last = end > first && value[end - 1] === "\n" && start !== end ? end - 1 : end;
    const stop = value.indexOf("\n", last) < 0 ? value.length : value.indexOf("\n", last);
    const lines = value.slice(first, stop).split("\n");
    const moved = lines.map((line) => (back ? line.replace(/^ {1,2}/, "") : line && INDENT + line));
    const joined = moved.join("\n");
    if (joined === lines.join("\n")) return undefined;
    put(joined, first, stop);
    if (start !== end) return text.setSelectionRange(first, first + joined.length);
    const caret = Math.max(first, start - (lines[0].length - moved[0].length));
    return text.setSelectionRange(caret, caret);
  }

  function newLine() {
    const { value, selectionStart: start, selectionEnd: end } = text;
    const line = value.slice(value.lastIndexOf("\n", start - 1) + 1, start);
    put(`\n${line.match(/^ */)[0]}`, start, end);
  }

  text.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") {
      leaving = true;
    } else if (event.key === "Tab" && !leaving) {
      event.preventDefault();
      shift(event.shiftKey);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      newLine();
      leaving = false;
    } else if (event.key !== "Tab" && event.key !== "Shift") {
      leaving = false;
    }
  });
  text.addEventListener("focus", () => { leaving = false; });

  // -- Going to a place ----------------------------------------------------------------------

  function goTo(line, column) {
    const lines = text.value.split("\n");
    const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    const there = before + Math.min(column - 1, (lines[line - 1] || "").length);
    const high = parseFloat(getComputedStyle(text).lineHeight);
    text.focus({ preventScroll: true });
    text.setSelectionRange(there, there);
    text.scrollTop = Math.max(0, (line - 1) * high - text.clientHeight / 3);
    text.scrollLeft = 0;
    text.closest(".editor").scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("click", (event) => {
    const place = event.target.closest("#checked [data-line]");
    if (!place) return;
    event.preventDefault();
    goTo(Number(place.dataset.line), Number(place.dataset.column));
  });

  // -- A check came back ---------------------------------------------------------------------

  let open = [];
  let scrolled = [];
  const frames = () => [...document.querySelectorAll("#drawn .scroll")];

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.target.id !== "drawn") return;
    open = [...document.querySelectorAll("#drawn details[open]")].map((details) => details.id);
    scrolled = frames().map((frame) => frame.scrollLeft);
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    frames().forEach((frame, n) => { frame.scrollLeft = scrolled[n] || 0; });
    if (wrong().size) text.setAttribute("aria-invalid", "true");
    else text.removeAttribute("aria-invalid");
    number();
  });

  // -- Not losing what was written -----------------------------------------------------------

  form.addEventListener("submit", () => { sent = true; });
  window.addEventListener("beforeunload", (event) => {
    if (!sent && text.value !== began) event.preventDefault();
  });

  gutter.hidden = false;
  for (const hint of form.querySelectorAll("[data-editor-keys]")) hint.hidden = false;
  number();
})();
