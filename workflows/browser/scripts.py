"""Scripts that a page's browser runs for us: the form of a button, and all that a page says."""

# Run by the page's browser on the button that sends the form, with the fields to cover, the secrets
# and what no text may repeat. Prototypes are named because a field called "action" hides the form's
# own. "unseen" is what a field sends that people do not see: the child makes a fingerprint of it.
FORM_SCRIPT = """(button, {covered, secrets, hidden}) => {
  const most = 100, longest = 5000;
  let left = 60000;  // characters of all labels and values
  const cut = (text, size) => {
    const kept = String(text).slice(0, Math.min(size, left));
    left -= kept.length;
    return kept;
  };
  const got = (element, name) => Element.prototype.getAttribute.call(element, name);
  const form = button.form || button.closest("form");
  const elements = Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, "elements").get;
  const every = form
    ? [...elements.call(form)]
    : [...document.querySelectorAll("input, select, textarea")];
  const silent = ["submit", "image", "reset", "button", "fieldset", "output", "object"];
  const label = e => {
    const first = e.labels && e.labels[0];
    if (first) {
      const copy = first.cloneNode(true);
      copy.querySelectorAll("input, select, textarea, button").forEach(one => one.remove());
      if (copy.textContent.trim()) return copy.textContent;
    }
    return e.getAttribute("aria-label") || e.placeholder || e.name || e.id || "";
  };
  const value = e => {
    if (e.type === "checkbox" || e.type === "radio") return e.checked ? "yes" : "no";
    if (e.tagName === "SELECT") return [...e.selectedOptions].map(o => o.label.trim()).join(", ");
    return e.value || "";
  };
  const amount = e => (/^[0-9][0-9.,:\\/ -]{0,23}$/.test(e.value) ? e.value : "");
  const isSecret = text =>
    text && (secrets.includes(text) || hidden.some(one => text.includes(one)));
  const sends = e => {
    const chosen = e.selectedOptions ? [...e.selectedOptions].map(o => o.value) : [e.value];
    return JSON.stringify([e.checked === true, ...chosen]).slice(0, 50000);
  };
  const submits = button.name && (button.type === "submit" || button.type === "image");
  const kept = every.filter(e => !silent.includes(e.type));
  const fields = (submits ? [...kept, button] : kept).map(e => {
    const isSeen = e !== button && e.type !== "hidden" && e.checkVisibility();
    const isCovered =
      e.type === "password" || covered.includes(e) || isSecret(String(e.value || ""));
    const isChosen = ["checkbox", "radio"].includes(e.type) || e.tagName === "SELECT";
    const isUnseen = !isSeen && !isCovered;
    return {
      name: cut(e.name || e.id || "", 200),
      kind: cut(e.type || "", 40),
      label: isSeen ? cut(label(e).trim().replace(/\\s+/g, " "), 200) : "",
      value: isUnseen ? amount(e) : isCovered ? "" : cut(value(e), longest),
      sent: isSeen && !isCovered && isChosen ? cut(e.value, longest) : "",
      unseen: isUnseen ? sends(e) : "",
      is_seen: isSeen,
      is_covered: isCovered,
    };
  });
  const named = (part, own) => got(button, "form" + part) || (form && got(form, part)) || own;
  return {
    address: form ? cut(new URL(named("action", location.href), document.baseURI).href, 2000) : "",
    method: form ? cut(named("method", "get").toLowerCase(), 20) : "",
    page: cut(location.origin + location.pathname, 2000),
    // Those that people see first, as what is cut off is not compared.
    fields: fields.sort((one, other) => other.is_seen - one.is_seen).slice(0, most),
    is_cut: fields.length > most || left <= 0,
  };
}"""
# What a page says in texts, placeholders and values, but for the fields that are covered.
SAID_SCRIPT = """(covered) => {
  const said = [document.documentElement.innerText];
  const read = root => root.querySelectorAll("*").forEach(e => {
    if (e.shadowRoot) {
      said.push(e.shadowRoot.textContent);
      read(e.shadowRoot);
    }
    if (typeof e.value === "string" && e.type !== "password" && !covered.includes(e))
      said.push(e.value, e.placeholder || "");
  });
  read(document);
  return said;
}"""
