// Everything works without this: it closes the phone's menu, says when the line is down
// and lets the portal be installed.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector(".bottombar details[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/service-worker.js");

// What can be taken back for some seconds is offered no longer than that.
function offerForSeconds() {
  for (const form of document.querySelectorAll(".notices .take-back")) {
    setTimeout(() => form.remove(), Number(form.dataset.seconds) * 1000);
  }
}
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target.id === "notices") offerForSeconds();
});
offerForSeconds();

document.addEventListener("htmx:sendError", () => {
  const notices = document.getElementById("notices");
  if (!notices) return;
  const notice = document.createElement("div");
  notice.className = "notice error";
  notice.setAttribute("role", "alert");
  notice.textContent = "Handrail can't be reached. Nothing was sent; try again when you are online.";
  notices.replaceChildren(notice);
});

// A client's times are by its own clock. Where the reader's shows another time, its name is said.
function offsetIn(timeZone) {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  return parts.formatToParts(new Date()).find((part) => part.type === "timeZoneName").value;
}
const zone = document.querySelector("[data-zone]");
if (zone) {
  try {
    zone.hidden = offsetIn(zone.dataset.zone) === offsetIn(undefined);
  } catch {
    zone.hidden = false;  // a browser that does not know the zone
  }
}
