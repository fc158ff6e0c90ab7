"""Template filters: the client's words for what the code stores."""

from django import template

register = template.Library()
