"""The web page of the server, in a headless Chromium: what it shows, what can be done with it, and what it refuses."""

import html
import http.client
import http.server
import os
import pathlib
import shutil
import threading
import urllib.parse

import pytest

from servers import Embedded
from waiting import eventually

SHOTS = os.environ.get("LASTCALL_SCREENSHOTS")  # a folder, to look at the page


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("chromium or chromium-driver is not installed")
    webdriver = pytest.importorskip("selenium.webdriver", reason="python3-selenium is not installed")
    from selenium.webdriver.chrome.service import Service
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    profile = tmp_path_factory.mktemp("profile")
    for word in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--disable-dev-shm-usage", f"--user-data-dir={profile}"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
    yield driver
    driver.quit()


class Page:
    def __init__(self, browser, endpoint):
        self.browser, self.endpoint = browser, endpoint

    def open(self, where="", width=1280, height=900, scheme="light"):
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})
        self.browser.get("about:blank")
        self.browser.get(f"{self.endpoint}/_lastcall/{where}")
        eventually(lambda: "live" == self.text("#live"), what="the page does not become live")

    def all(self, css):
        return self.browser.find_elements("css selector", css)

    def text(self, css):
        return self.browser.execute_script("return document.querySelector(arguments[0])?.innerText ?? ''", css)

    def shows(self, text, css="main"):
        eventually(lambda: text in self.text(css), what=f"the page does not show {text!r}: {self.text(css)}")

    def press(self, label):
        [button] = [one for one in self.all("button") if one.is_displayed() and one.text == label]
        button.click()

    def shot(self, name):
        if SHOTS:
            self.browser.save_screenshot(str(pathlib.Path(SHOTS) / f"{name}.png"))

    def complaints(self):
        return [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    own = Embedded(tmp_path_factory.mktemp("server"))
    yield own
    own.stop()


@pytest.fixture
def embedded(server):
    """Here a server without the queues of all other tests, so that its list is short."""
    return server


@pytest.fixture
def page(browser, embedded):
    return Page(browser, embedded.endpoint)


def where(queue):
    return f"#/queue/us-east-1/{'/'.join(queue.url.split('/')[-2:])}"


def request(endpoint, method, path, headers=None, body=None):
    url = urllib.parse.urlsplit(endpoint)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()


def test_the_page_lists_queues_with_their_counts(page, embedded, queue_name):
    dead = embedded.service.create_queue(f"{queue_name}-dead")
    queue = embedded.service.create_queue(
        queue_name, RedrivePolicy={"deadLetterTargetArn": dead.arn, "maxReceiveCount": 3})
    queue.send_many(25)
    queue.receive(10)
    page.open()
    page.shows(queue_name)
    row = next(row for row in page.all("tbody tr") if row.text.split()[0] == queue_name)
    assert [cell.text for cell in row.find_elements("css selector", "td")][1:4] == ["15", "10", "0"]
    page.shows("dead letters")
    page.shot("list-light")
    queue.send("one more")
    page.shows(f"{queue_name}\t16")
    page.open(scheme="dark")
    page.shot("list-dark")
    page.open(width=360, height=760)
    page.shot("list-phone")
    assert page.browser.execute_script("return document.documentElement.scrollWidth") <= 360
    assert not page.complaints()


def test_a_body_is_text_and_looking_at_it_is_no_receive(page, embedded, queue_name):
    queue = embedded.service.create_queue(queue_name)
    body = "<script>document.title = 'broken'</script><img src=x onerror=alert(1)>"
    queue.send(body, MessageAttributes={"kind": {"DataType": "String", "StringValue": "<i>v</i>"}})
    page.open(where(queue))
    page.shows(body, ".preview")
    page.all("summary")[0].click()
    page.shows("<i>v</i> (String)")
    page.shot("queue-light")
    assert page.browser.title != "broken" and not page.all("main script, main img, main i")
    [message] = queue.receive()
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    page.open(where(queue), scheme="dark")
    page.shot("queue-dark")
    page.open(where(queue), width=360, height=760)
    page.shot("queue-phone")
    assert page.browser.execute_script("return document.documentElement.scrollWidth") <= 360
    assert not page.complaints()


def test_a_queue_is_created_filled_purged_and_deleted(page, embedded, queue_name):
    page.open()
    page.press("Create queue")
    page.all("input[name=name]")[0].send_keys(queue_name + "\n")
    page.shows(queue_name, "table")
    next(link for link in page.all("td a") if link.text == queue_name).click()
    page.shows("No messages")
    page.all("textarea")[0].send_keys("sent by hand")
    page.press("Send message")
    page.shows("sent by hand", ".messages")
    page.all("summary")[0].click()
    page.press("Delete message")
    page.press("Delete for good")
    page.shows("No messages")
    page.all("textarea")[0].send_keys("another")
    page.press("Send message")
    page.shows("another", ".messages")
    page.press("Purge")
    page.press("Drop all messages")
    page.shows("No messages")
    page.press("Delete queue")
    page.press("Delete for good")
    eventually(lambda: queue_name not in embedded.service.queue_names(), what="the queue is still there")
    eventually(lambda: page.all("table"), what="the list of queues is not shown")
    assert not page.complaints()


def test_what_someone_is_at_stays_while_the_numbers_change(page, embedded, queue_name):
    queue = embedded.service.create_queue(queue_name)
    page.open()
    page.shows(f"{queue_name}\t0")
    link = next(link for link in page.all("td a") if link.text == queue_name)
    page.browser.execute_script("arguments[0].focus()", link)
    message = queue.send("first")
    page.shows(f"{queue_name}\t1")
    embedded.service.create_queue(f"0-{queue_name}")  # comes before it
    page.shows(f"0-{queue_name}")
    assert page.browser.switch_to.active_element == link
    link.click()
    page.shows("first", ".messages")
    page.all("summary")[0].click()
    page.browser.execute_script("getSelection().selectAllChildren(document.querySelector('.detail dd'))")
    queue.send("second")
    page.shows("second", ".messages")
    assert page.browser.execute_script("return getSelection().toString()").strip() == message
    assert not page.complaints()


def test_dead_letters_are_sent_back(page, embedded, queue_name):
    dead = embedded.service.create_queue(f"{queue_name}-dead")
    queue = embedded.service.create_queue(
        queue_name, RedrivePolicy={"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1})
    queue.send("poison")
    queue.receive(visibility_s=0)
    queue.receive()
    assert dead.counts().visible == 1
    page.open(where(dead))
    page.shows("Redrive")
    page.press("Redrive")
    eventually(lambda: queue.counts().visible == 1, what="the message did not come back")


def test_a_browser_is_shown_the_page_and_other_clients_are_not(embedded):
    status, headers, _ = request(embedded.endpoint, "GET", "/", {"Accept": "text/html,*/*"})
    assert status == 302 and headers["Location"] == "/_lastcall/"
    status, headers, text = request(embedded.endpoint, "GET", "/_lastcall/")
    assert status == 200 and "script-src 'self'" in headers["Content-Security-Policy"]
    assert "http://" not in text and "https://" not in text
    assert request(embedded.endpoint, "GET", "/")[0] == 404


def test_another_name_does_not_lead_to_the_page(embedded):
    for path in ("/_lastcall/", "/_lastcall/queues.json"):
        status, _, text = request(embedded.endpoint, "GET", path, {"Host": "rebound.example.com"})
        assert status == 403 and "--host-name" in text
    assert request(embedded.endpoint, "POST", "/_lastcall/reset", {"Host": "rebound.example.com"})[0] == 403
    assert request(embedded.endpoint, "GET", "/?Action=ListQueues", {"Host": "rebound.example.com"})[0] == 200


@pytest.mark.parametrize("path", ["api", "drop", "reset"])
def test_another_site_can_not_use_the_page(embedded, embedded_queue, path):
    headers = {"Origin": "https://example.com", "X-Amz-Target": "AmazonSQS.DeleteQueue"}
    body = f'{{"QueueUrl":"{embedded_queue.url}"}}'
    assert request(embedded.endpoint, "POST", f"/_lastcall/{path}", headers, body)[0] == 403
    assert embedded_queue.counts().visible == 0


@pytest.fixture
def foreign_page():
    """Serves a page of another site; answers a function that gives its URL for what the page shall hold."""
    class Site(http.server.BaseHTTPRequestHandler):
        content = ""

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<title>foreign</title>{Site.content}".encode())

        def log_message(self, *_):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()

    def with_content(content):
        Site.content = content
        return f"http://localhost:{site.server_port}/"

    yield with_content
    site.shutdown()
    site.server_close()


def test_a_page_of_another_site_can_not_use_the_server(browser, embedded, embedded_queue, foreign_page):
    send = f"{embedded.endpoint}/?" + urllib.parse.urlencode(
        {"Action": "SendMessage", "QueueUrl": embedded_queue.url, "MessageBody": "from elsewhere"})
    quoted = html.escape(send)
    browser.get(foreign_page(f"""<img src="{quoted}" onerror="document.title = 'image'">"""))
    eventually(lambda: browser.title == "image", what="the image was not asked for")
    browser.execute_async_script(
        "fetch(arguments[0], {method: 'POST', mode: 'no-cors'}).then(arguments[1], arguments[1])", send)
    browser.get(foreign_page(f"""<form method="post" action="{quoted}"></form>"""))
    browser.execute_script("document.forms[0].submit()")
    eventually(lambda: "AccessDenied" in browser.page_source, what=f"the form is not refused: {browser.page_source}")
    assert embedded_queue.counts().visible == 0
    assert request(embedded.endpoint, "POST", send.removeprefix(embedded.endpoint))[0] == 200
    assert embedded_queue.counts().visible == 1


# Everything can be reached and told apart without a mouse and without eyes.

NAMED_ROLES = {"button", "link", "textbox", "spinbutton", "table", "region", "form", "list"}


def focused(page):
    """What has the focus: its name, and whether that can be seen."""
    return page.browser.execute_script("""
        const element = document.activeElement, style = getComputedStyle(element);
        return [element.innerText || element.getAttribute("name") || element.tagName,
                element.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];""")


def tab(page, times=1, key=None):
    """The names of what the key leads to, one after the other."""
    from selenium.webdriver import ActionChains, Keys
    names = []
    for _ in range(times):
        ActionChains(page.browser).send_keys(key or Keys.TAB).perform()
        name, is_seen = focused(page)
        assert is_seen, f"the focus on {name!r} can not be seen"
        names.append(name.split("\n")[0])
    return names


def press(page, key):
    from selenium.webdriver import ActionChains, Keys
    ActionChains(page.browser).send_keys(getattr(Keys, key, key)).perform()


def tree(page):
    """What a screen reader is told: role, name and properties of each element."""
    nodes = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    return [(node["role"]["value"], node.get("name", {}).get("value", ""),
             {one["name"]: one["value"].get("value") for one in node.get("properties", ())})
            for node in nodes if not node["ignored"]]


CONTRASTS = """
const channels = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return { rgb: [r, g, b], a }; };
const light = ([r, g, b]) => { const f = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
const ground = (element) => { for (let at = element; at; at = at.parentElement) {
  const { rgb, a } = channels(getComputedStyle(at).backgroundColor); if (a === 1) return rgb; } return [255, 255, 255]; };
const found = [];
for (const element of document.querySelectorAll("body *")) {
  const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join("");
  if (!text || !element.checkVisibility() || element.classList.contains("skip")) continue;
  let opacity = 1;
  for (let at = element; at; at = at.parentElement) opacity *= parseFloat(getComputedStyle(at).opacity);
  const back = ground(element), ink = channels(getComputedStyle(element).color).rgb.map((c, i) => c * opacity + back[i] * (1 - opacity));
  const [a, b] = [light(ink), light(back)];
  found.push([text.slice(0, 40), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]);
}
return found;"""


def test_the_list_is_used_by_keyboard_alone(page, embedded, queue_name):
    page.open()
    assert tab(page, 3) == ["Skip to content", "lastcall", "Create queue"]
    press(page, "ENTER")
    assert focused(page)[0] == "name"
    press(page, "ESCAPE")
    assert focused(page)[0] == "Create queue" and not page.all("input[name=name]")[0].is_displayed()
    press(page, "SPACE")
    press(page, queue_name)
    press(page, "ENTER")
    page.shows(queue_name, "table")
    eventually(lambda: focused(page)[0] == "Create queue", what="the focus did not come back")
    while tab(page) != [queue_name]:
        pass
    press(page, "ENTER")
    page.shows("No messages")
    assert page.browser.execute_script("return document.activeElement.id") == "main"
    assert queue_name in page.browser.title


def test_a_queue_is_used_by_keyboard_alone(page, embedded, queue_name):
    queue = embedded.service.create_queue(queue_name)
    queue.send("first")
    queue.send("second")
    page.open(where(queue))
    page.shows("second", ".messages")
    assert tab(page, 4) == ["Skip to content", "lastcall", "Purge", "Delete queue"]
    press(page, "ENTER")
    assert focused(page)[0] == "Delete for good"
    press(page, "ESCAPE")
    assert focused(page)[0] == "Delete queue"
    press(page, "ENTER")
    tab(page)  # leaving it takes the question back as well
    page.shows("Delete queue", ".head")
    press(page, "ENTER")  # opens the first message
    assert tab(page, 2) == ["first", "Delete message"]
    press(page, "ENTER")
    press(page, "ENTER")
    eventually(lambda: "first" not in page.text(".messages"), what="the message is still there")
    eventually(lambda: "second" in focused(page)[0], what="the focus is on nothing")
    assert queue_name in embedded.service.queue_names()


@pytest.mark.parametrize("width", [1280, 360])
def test_a_screen_reader_is_told_what_everything_is(page, embedded, queue_name, width):
    queue = embedded.service.create_queue(queue_name)
    queue.send("a body")
    page.open(width=width)
    page.shows(queue_name)
    nodes = tree(page)
    assert {"table", "columnheader", "row", "cell", "banner", "main", "status"} <= {role for role, _, _ in nodes}
    assert ("table", "Queues") in [(role, name) for role, name, _ in nodes]
    page.open(where(queue), width=width)
    page.shows("a body", ".messages")
    page.all("summary")[0].click()
    page.shows("Receives", ".messages")
    nodes = tree(page)
    for role, name, properties in nodes:
        if role in NAMED_ROLES or properties.get("focusable") and role != "RootWebArea" and role != "main":
            assert name, f"a {role} has no name"
    assert {"Purge", "Delete queue", "Send message", "Delete message"} <= {name for role, name, _ in nodes if role == "button"}
    assert {"Body", "Message group", "Delay in seconds"} <= {
        name for role, name, _ in nodes if role in ("textbox", "spinbutton")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(page, embedded, queue_name, scheme):
    queue = embedded.service.create_queue(queue_name)
    queue.send("a body")
    for at in ("", where(queue)):
        page.open(at, scheme=scheme)
        page.shows(queue_name)
        found = page.browser.execute_script(CONTRASTS)
        assert len(found) > 10
        for text, contrast in found:  # WCAG 2.2, 1.4.3
            assert contrast >= 4.5, f"{text!r}: {contrast:.2f}"
