"""Models of the portal: frozen reports, notices to people, their devices and saved filters."""

from portal.notices.models import Device as Device
from portal.notices.models import Notice as Notice
from portal.notices.models import NoticePreference as NoticePreference
from portal.notices.models import Told as Told
from portal.reports.models import Report as Report
from portal.review.queue.models import SavedFilter as SavedFilter
