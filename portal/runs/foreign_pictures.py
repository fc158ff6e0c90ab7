"""Pictures of pages of others, served so that they do nothing but show."""

from django.http import HttpResponse


def picture_response(content: bytes) -> HttpResponse:
    """Return the response with a JPEG, which nobody in between keeps."""
    return HttpResponse(
        content,
        content_type="image/jpeg",
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
