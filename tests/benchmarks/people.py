"""People at one review queue, for Locust: each opens the queue, opens an item, decides it.

They sign in as ``person-<n>@fifty.example`` and note what they were told of each decision in the
file ``FIFTY_LOG``. Run by ``tests.benchmarks.fifty``.
"""

import json
import os
import random
import re
from itertools import count

from locust import HttpUser, between, task
from locust.exception import StopUser

HOME = "/t/harbor-pine/review/"
LINE = re.compile(r'class="queue-line"\s+href="/t/harbor-pine/review/([0-9a-f-]{36})/')
FIELD = 'name="{}" value="([^"]*)"'
numbers = count(1)
CHOICES = ["accept"] * 17 + ["reject"] * 2 + ["take_over"]


def field(page: str, name: str) -> str:
    """The value of a hidden field of a page, the first of that name."""
    found = re.search(FIELD.format(name), page)
    return found[1] if found else ""


class Approver(HttpUser):
    """One person: they think for 2 to 6 seconds between two decisions."""

    wait_time = between(2, 6)

    def on_start(self) -> None:
        """Sign in as the next person there is."""
        page = self.client.get("/accounts/login/", name="sign-in page").text
        given = {
            "csrfmiddlewaretoken": field(page, "csrfmiddlewaretoken"),
            "login": f"person-{next(numbers)}@fifty.example",
            "password": os.environ["FIFTY_PASSWORD"],
        }
        self.client.post("/accounts/login/", given, name="sign in")

    @task
    def decide(self) -> None:
        """Decide about one of the first thirty, as somebody else may do at the same moment."""
        items = LINE.findall(self.client.get(HOME, name="queue").text)
        if not items:
            raise StopUser
        item, choice = random.choice(items), random.choice(CHOICES)
        page = self.client.get(f"{HOME}{item}/", name="item").text
        form = page.partition('id="decide"')[2]
        given = {
            "csrfmiddlewaretoken": field(form, "csrfmiddlewaretoken"),
            "_tenant": "harbor-pine",
            "content_hash": field(form, "content_hash"),
            "opened": field(form, "opened"),
            "choice": choice,
            "reason": "tone" if choice == "reject" else "",
        }
        if not form:
            return  # decided while they looked at the queue
        address = f"{HOME}{item}/decide/"
        with self.client.post(
            address, given, name="decide", allow_redirects=False, catch_response=True
        ) as answer:
            if answer.status_code == 409:
                answer.success()  # somebody was faster, and this person is told so
            self._note(item, choice, answer.status_code)

    def _note(self, item: str, choice: str, status: int) -> None:
        with open(os.environ["FIFTY_LOG"], "a") as log:
            log.write(json.dumps([item, choice, status]) + "\n")
