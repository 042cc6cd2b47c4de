"""Somebody who sits at the console in a real browser, and finds things by what is written on them in his language."""

import re
from contextlib import contextmanager

from api.console.languages import CODES, spoken
from tests.console.desk import token_of
from tests.console.messages import texts

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
TEXTS = {each.id for each in texts() if isinstance(each.id, str)}
PATIENCE_MS = 20_000  # for a machine that does much else


class Seat:
    """A tab of a browser. `troubles` is what the browser complained of: scripts that failed, what a policy refused."""

    def __init__(self, tab, language, base):
        self.tab, self.language, self.base = tab, spoken()[language], base
        self.troubles = []
        tab.set_default_timeout(PATIENCE_MS)
        tab.on("pageerror", lambda error: self.troubles.append(str(error)))
        tab.on("dialog", self._refuse)
        tab.on("console", self._note)

    def _refuse(self, dialog):
        self.troubles.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _note(self, said):
        if "Content Security Policy" in said.text or "violates" in said.text:
            self.troubles.append(said.text)

    def say(self, text, **values):
        """Return a text of the console, which the code calls by its English words, as this seat reads it."""
        assert text in TEXTS, f"the console has no text {text!r}"
        return self.language.say(text, **values)

    def go(self, address):
        answer = self.tab.goto(self.base + address)
        return answer.status

    def see(self, text, within=None):
        """Wait until a text of the console is shown."""
        (within or self.tab.locator("main")).get_by_text(self.say(text)).first.wait_for()

    def press(self, name, role="button", within=None):
        (within or self.tab).get_by_role(role, name=self.say(name), exact=True).click()

    def write(self, label, text, within=None):
        (within or self.tab).get_by_label(self.say(label), exact=True).fill(text)

    def choose(self, label, within=None):
        (within or self.tab).get_by_label(self.say(label), exact=True).check()

    @contextmanager
    def act(self, title):
        """Open what may be done under a title, yield its form, and press its button."""
        form = self.tab.get_by_role("group").filter(has=self.tab.locator("summary", has_text=exactly(self.say(title))))
        if form.get_attribute("open") is None:
            form.locator("summary").click()
        yield form
        with self.tab.expect_navigation():
            self.press(title, within=form)

    def text(self):
        return self.tab.inner_text("main")

    def sign_in(self, name, password):
        self.write("Sign-in name", name)
        self.write("Password", password)
        with self.tab.expect_navigation():
            self.press("Sign in", within=self.tab.locator("main"))


@contextmanager
def seat(browser, server, name=None, language="en", **context):
    """Yield a seat in a context of its own; `name` is somebody who is signed in already, None: nobody."""
    assert language in CODES
    base = str(server.base_url).rstrip("/")
    given = {"viewport": DESKTOP, "locale": language, "timezone_id": "Asia/Almaty"} | context
    opened = browser.new_context(**given)
    cookies = [{"name": "antifraud-language", "value": language, "url": f"{base}/console"}]
    if name is not None:
        cookies.append({"name": "antifraud", "value": token_of(server, name), "url": base})
    opened.add_cookies(cookies)
    try:
        yield Seat(opened.new_page(), language, base)
    finally:
        opened.close()


def exactly(text):
    return re.compile(f"^\\s*{re.escape(text)}\\s*$")
