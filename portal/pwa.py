"""Progressive web app: the manifest, the service worker and the offline page.

The service worker caches the offline page and no client's data: what people review is
always read from the server.
"""

import hashlib

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from tenants.models import Provider

DARK = "#10201c"
KEPT = ("css/handrail.css", "css/shell.css", "css/pages.css", "favicon.svg")


@require_safe
@cache_control(public=True, max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """Show the web app manifest (W3C): name, icons and start page on a home screen."""
    name = Provider.objects.values_list("name", flat=True).first() or "Handrail"
    icons = [
        {"src": static(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    found = {
        "name": name,
        "short_name": name.split()[0],
        "start_url": reverse("home"),
        "scope": reverse("home"),
        "display": "standalone",
        "background_color": DARK,
        "theme_color": DARK,
        "icons": [*icons, {**icons[-1], "purpose": "maskable"}],
    }
    return JsonResponse(found, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """Show the service worker's script, at the root: its scope is the folder it lies in."""
    kept = [reverse("offline"), *(static(name) for name in KEPT)]
    page = render_to_string("offline.html", {"provider_name": ""})
    version = hashlib.sha256("\n".join([*kept, page]).encode()).hexdigest()[:12]
    context = {"kept": kept, "version": version, "icon": static("icon-192.png")}
    return render(request, "worker.js", context, content_type="text/javascript")


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Show the page that the service worker keeps for when there is no network."""
    return render(request, "offline.html")
