// Turns on urgent notices for this browser: it subscribes with its push service, and the form
// brings what it was given to the server.
"use strict";

(() => {
  const form = document.querySelector("form.push");
  if (!form || !("serviceWorker" in navigator) || !("PushManager" in window)) return;
  form.hidden = false;
  const said = form.querySelector("[role=status]");

  const bytes = (text) => {
    const padded = text.replace(/-/g, "+").replace(/_/g, "/");
    return Uint8Array.from(atob(padded), (one) => one.charCodeAt(0));
  };
  const coded = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  function device() {
    const about = navigator.userAgentData;
    const name = about?.brands?.at(-1)?.brand || "Browser";
    return `${name} on ${about?.platform || navigator.platform || "this device"}`;
  }

  async function subscribe() {
    if (await Notification.requestPermission() !== "granted") {
      throw new Error("The browser was not allowed to show notices.");
    }
    const worker = await navigator.serviceWorker.ready;
    return worker.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: bytes(form.dataset.key),
    });
  }

  form.addEventListener("submit", async (event) => {
    if (form.elements.endpoint.value) return;
    event.preventDefault();
    said.textContent = "Asking the browser…";
    try {
      const made = await subscribe();
      form.elements.label.value = device();
      form.elements.endpoint.value = made.endpoint;
      form.elements.p256dh.value = coded(made.getKey("p256dh"));
      form.elements.auth.value = coded(made.getKey("auth"));
      form.submit();
    } catch (error) {
      said.textContent = error.message || "The browser's push service can't be reached.";
    }
  });
})();
