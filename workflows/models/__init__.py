"""Models of workflows, versions, runs and calls, and of what is set up around them."""

from workflows.models.budgets import Budget as Budget
from workflows.models.budgets import BudgetPeriod as BudgetPeriod
from workflows.models.budgets import ProviderBudget as ProviderBudget
from workflows.models.budgets import ProviderBudgetPeriod as ProviderBudgetPeriod
from workflows.models.circuits import Circuit as Circuit
from workflows.models.drills import Drill as Drill
from workflows.models.kept_answers import KeptAnswer as KeptAnswer
from workflows.models.mcp import McpServer as McpServer
from workflows.models.openapi import ImportedDocument as ImportedDocument
from workflows.models.openapi import ImportedOperation as ImportedOperation
from workflows.models.pictures import CallPicture as CallPicture
from workflows.models.pictures import FormPreview as FormPreview
from workflows.models.routing import DeploymentTry as DeploymentTry
from workflows.models.routing import RoutingVersion as RoutingVersion
from workflows.models.runs import Arrival as Arrival
from workflows.models.runs import Call as Call
from workflows.models.runs import Run as Run
from workflows.models.runs import StepRun as StepRun
from workflows.models.runs import Version as Version
from workflows.models.runs import Workflow as Workflow
from workflows.models.runs import outputs as outputs
from workflows.models.triggers import InboundMail as InboundMail
from workflows.models.triggers import Mailbox as Mailbox
from workflows.models.triggers import Trigger as Trigger
