"""The models of approvals: tools, proposals, review items, decisions, permits."""

from approvals.models.choices import DecisionChoice as DecisionChoice
from approvals.models.comments import Comment as Comment
from approvals.models.decisions import Decision as Decision
from approvals.models.decisions import Permit as Permit
from approvals.models.drafts import TextDraft as TextDraft
from approvals.models.drafts import UndoDraft as UndoDraft
from approvals.models.policies import Absence as Absence
from approvals.models.policies import ItemRevision as ItemRevision
from approvals.models.policies import Policy as Policy
from approvals.models.policies import SignOff as SignOff
from approvals.models.quality import Planted as Planted
from approvals.models.quality import SecondLook as SecondLook
from approvals.models.review import CONTENT_KINDS as CONTENT_KINDS
from approvals.models.review import Looking as Looking
from approvals.models.review import Proposal as Proposal
from approvals.models.review import ReviewItem as ReviewItem
from approvals.models.review import Snooze as Snooze
from approvals.models.review import content_of as content_of
from approvals.models.tools import NeverRule as NeverRule
from approvals.models.tools import Tool as Tool
