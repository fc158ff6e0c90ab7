// Everything works without this: it closes the phone's menu and says when the line is down.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector(".bottombar details[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("htmx:sendError", () => {
  const notices = document.getElementById("notices");
  if (!notices) return;
  const notice = document.createElement("div");
  notice.className = "notice error";
  notice.setAttribute("role", "alert");
  notice.textContent = "Handrail can't be reached. Nothing was sent; try again when you are online.";
  notices.replaceChildren(notice);
});
