"""Models of workflows, versions, runs, steps and calls, and of the triggers that start runs."""

from workflows.models.routing import DeploymentTry as DeploymentTry
from workflows.models.routing import RoutingVersion as RoutingVersion
from workflows.models.runs import Arrival as Arrival
from workflows.models.runs import Call as Call
from workflows.models.runs import Circuit as Circuit
from workflows.models.runs import Run as Run
from workflows.models.runs import StepRun as StepRun
from workflows.models.runs import Version as Version
from workflows.models.runs import Workflow as Workflow
from workflows.models.runs import outputs as outputs
from workflows.models.triggers import InboundMail as InboundMail
from workflows.models.triggers import Mailbox as Mailbox
from workflows.models.triggers import Trigger as Trigger
