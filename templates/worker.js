// Shows the offline page where there is no line. Nothing of any client is ever kept.
"use strict";

const CACHE = "handrail-{{ version }}";
const KEPT = [{% for url in kept %}"{{ url|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];
const OFFLINE = KEPT[0];

async function keep() {
  const cache = await caches.open(CACHE);
  // Without cookies, so that the page is nobody's.
  const options = { credentials: "omit", cache: "reload" };
  await Promise.all(KEPT.map(async (url) => cache.put(url, await fetch(url, options))));
}

async function tidy() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

// What a page says on leaving is lost where it goes through a worker: the page is gone first.
function letPostsPass(event) {
  return event.addRoutes?.({ condition: { requestMethod: "POST" }, source: "network" });
}

self.addEventListener("install", (event) => {
  event.waitUntil(Promise.resolve(letPostsPass(event)).catch(() => {}));
  event.waitUntil(keep().then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => event.waitUntil(tidy()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  } else if (KEPT.includes(new URL(request.url).pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(request)));
  }
});

// An urgent item. What is shown was encrypted for this browser alone.
self.addEventListener("push", (event) => {
  const said = event.data ? event.data.json() : {};
  const shown = { body: said.body || "", tag: said.tag, data: { url: said.url }, icon: "{{ icon|escapejs }}" };
  event.waitUntil(self.registration.showNotification(said.title || "Something waits", shown));
});

// Opens the item's page, never another site's, and decides nothing.
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url || "/", self.location.origin);
  if (url.origin === self.location.origin) event.waitUntil(self.clients.openWindow(url.href));
});
