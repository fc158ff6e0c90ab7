"""Routes of workflows and their editor. Paths are whole: include this at the root of a tenant."""

from django.urls import path

from portal.workflows import views as workflows
from portal.workflows.drill import views as drill
from portal.workflows.editor import views as definitions

urlpatterns = [
    path("workflows/", workflows.listing, name="workflows"),
    path("workflows/<slug:slug>/", workflows.page, name="workflow"),
    # Not below workflows/: workflows/new/ would hide a workflow with the slug "new".
    path("add-workflow/", definitions.new, name="workflow_new"),
    path("add-workflow/check/", definitions.check_new, name="workflow_check_new"),
    path("workflows/<slug:slug>/edit/", definitions.edit, name="workflow_edit"),
    path("workflows/<slug:slug>/check/", definitions.check, name="workflow_check"),
    path("workflows/<slug:slug>/versions/", workflows.versions, name="workflow_versions"),
    path("workflows/<slug:slug>/versions/<int:number>/", workflows.version, name="version"),
    path(
        "workflows/<slug:slug>/versions/<int:number>/again/",
        definitions.again,
        name="version_again",
    ),
    path(
        "workflows/<slug:slug>/versions/<int:before>..<int:after>/",
        definitions.difference,
        name="version_difference",
    ),
    path("workflows/<slug:slug>/pause/", workflows.pause, name="workflow_pause"),
    path("workflows/<slug:slug>/unpause/", workflows.unpause, name="workflow_unpause"),
    path("workflows/<slug:slug>/start/", workflows.start, name="workflow_start"),
    path("workflows/<slug:slug>/drill/", drill.page, name="workflow_drill"),
    path("workflows/<slug:slug>/drill/run/", drill.run, name="workflow_drill_run"),
    path("workflows/<slug:slug>/drill/state/", drill.state, name="workflow_drill_state"),
]
