// The page of lastcall's server. Everything it shows is put in as text, never as markup.

const main = document.querySelector("#main");
const live = document.querySelector("#live");
const notice = document.querySelector("#notice");
const POLL_MS = 1000;

/** An element: its attributes, listeners (on…) and children; what is not an element becomes text. */
const h = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
};

// What is shown is looked at anew each second, by people who read, select and click meanwhile: an element stays while
// what it stands for does, and is touched only where it changes.

const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };

const filledWith = new WeakMap();
/** Gives an element the children that `make` makes of `what`, unless it has them from the same. */
const fill = (element, what, make) => {
  const text = JSON.stringify(what);
  if (filledWith.get(element) === text) return;
  filledWith.set(element, text);
  element.replaceChildren(...make(what));
};

const count = (n) => n.toLocaleString("en");
const duration = (seconds) => {
  if (seconds < 1) return seconds <= 0 ? "–" : "<1 s";
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]])
    if (seconds >= size * (unit === "d" ? 2 : 1)) return `${Math.floor(seconds / size)} ${unit}`;
  return `${Math.floor(seconds)} s`;
};
const rate = (n) => (n === undefined ? "–" : n >= 10 ? count(Math.round(n)) : n === 0 ? "0" : n.toFixed(1));

let noticeTimer;
const say = (text, bad = false) => {
  clearTimeout(noticeTimer);
  notice.textContent = text;
  notice.classList.toggle("bad", bad);
  notice.hidden = false;
  noticeTimer = setTimeout(() => { notice.hidden = true; }, bad ? 8000 : 3000);
};

const answerOf = async (response) => {
  const text = await response.text();
  let body = {};
  try { body = text ? JSON.parse(text) : {}; } catch { body = { message: text }; }
  if (!response.ok) throw new Error(body.message || `the server answered ${response.status}`);
  return body;
};
const get = async (path) => answerOf(await fetch(path, { cache: "no-store" }));
const sqs = async (operation, parameters) => answerOf(await fetch("api", {
  method: "POST",
  headers: { "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": `AmazonSQS.${operation}` },
  body: JSON.stringify(parameters),
}));

/** Carries out what someone asked for, and says how it went. */
const act = async (work, done) => {
  try {
    await work();
    if (done) say(done);
    await refresh();
    return true;
  } catch (error) {
    say(error.message, true);
    return false;
  }
};

/** A button that asks once more before it destroys something. Escape, leaving it and time take the question back. */
const dangerous = (text, sure, work) => {
  let timer;
  const button = h("button", { type: "button", class: "danger", onblur: () => reset(),
    onkeydown: (event) => { if (event.key === "Escape") reset(); }, onclick: () => {
      if (button.classList.contains("sure")) return reset(), work();
      button.classList.add("sure");
      button.textContent = sure;
      say(`${sure}? Press again.`);
      timer = setTimeout(reset, 4000);
    } }, text);
  const reset = () => {
    clearTimeout(timer);
    button.classList.remove("sure");
    button.textContent = text;
  };
  return button;
};

// ── rates: from the totals of two looks ──────────────────────────────────────────────────────────────────────────

const earlier = new Map();
const withRates = (answer) => {
  for (const queue of answer.queues) {
    const looks = earlier.get(queue.arn) ?? [];
    looks.push({ at: performance.now(), sent: queue.sent, deleted: queue.deleted });
    while (looks.length > 6) looks.shift();
    earlier.set(queue.arn, looks);
    const [first, last] = [looks[0], looks[looks.length - 1]];
    const seconds = (last.at - first.at) / 1000;
    if (seconds > 0.5) {
      queue.in = Math.max(0, last.sent - first.sent) / seconds;
      queue.out = Math.max(0, last.deleted - first.deleted) / seconds;
    }
  }
  return answer;
};

// ── the list of queues ───────────────────────────────────────────────────────────────────────────────────────────

// What a queue is told by: label, value, and how it is written.
const FIGURES = [["Visible", (q) => q.visible, count], ["In flight", (q) => q.inFlight, count],
  ["Delayed", (q) => q.delayed, count], ["Oldest", (q) => q.oldestSeconds, duration], ["In / s", (q) => q.in, rate],
  ["Out / s", (q) => q.out, rate]];

const tag = (text, kind = "") => h("span", { class: `tag ${kind}` }, text);

// The roles say what the elements are; on a narrow screen CSS lays them out as no table, and browsers forget it.
const queueRow = ({ path, name, fifo, region }) => {
  const tags = h("span");
  const cells = FIGURES.map(([label]) => h("td", { role: "cell", "data-label": label }));
  const row = h("tr", { role: "row" }, h("td", { role: "cell" }, h("a", { href: `#${path}` }, name), tags), ...cells);
  const update = (queue, takesDeadLetters) => {
    fill(tags, [fifo, takesDeadLetters, region], () => [fifo ? tag("FIFO") : "",
      takesDeadLetters ? tag("dead letters", "dead") : "", region === "us-east-1" ? "" : tag(region)]);
    FIGURES.forEach(([, of, written], i) => {
      setText(cells[i], written(of(queue)));
      cells[i].classList.toggle("zero", !of(queue));
    });
  };
  return { row, update };
};

const listView = () => {
  const rows = h("tbody", { role: "rowgroup" });
  const titles = ["Queue", ...FIGURES.map(([label]) => label)];
  const table = h("table", { role: "table", "aria-label": "Queues" }, h("thead", { role: "rowgroup" }, h("tr", { role: "row" },
    ...titles.map((title) => h("th", { role: "columnheader", scope: "col" }, title)))), rows);
  const empty = h("div", { class: "empty", hidden: true }, h("strong", {}, "No queues yet"),
    "Create one here, or with ", h("code", {}, "lastcall queue create --queue NAME"));
  const summary = h("p", { class: "sub" }, "\u00a0");
  const name = h("input", { name: "name", required: true, maxlength: "80", pattern: "[A-Za-z0-9_\\-]+(\\.fifo)?", autocomplete: "off",
    spellcheck: "false", title: "letters, digits, hyphens and underscores; .fifo at the end makes it a FIFO queue" });
  const show = (open) => {
    form.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    (open ? name : opener).focus();
  };
  const form = h("form", { class: "card", id: "create", hidden: true, "aria-label": "Create queue",
    onkeydown: (event) => { if (event.key === "Escape") show(false); }, onsubmit: async (event) => {
      event.preventDefault();
      const fifo = name.value.endsWith(".fifo");
      const made = await act(() => sqs("CreateQueue", { QueueName: name.value,
        Attributes: fifo ? { FifoQueue: "true", ContentBasedDeduplication: "true" } : {} }), `${name.value} is created`);
      if (made) { form.reset(); show(false); }
    } }, h("div", { class: "body" }, h("label", {}, "Name of the queue; .fifo at its end makes it a FIFO queue", name),
    h("div", { class: "actions" }, h("button", { class: "main" }, "Create"))));
  const opener = h("button", { type: "button", "aria-expanded": "false", "aria-controls": "create",
    onclick: () => show(form.hidden) }, "Create queue");
  main.replaceChildren(h("div", { class: "head" }, h("div", {}, h("h1", {}, "Queues"), summary), opener), form,
    h("div", { class: "card" }, table, empty));
  let shown = new Map();
  return async () => {
    const { queues } = withRates(await get("queues.json"));
    shown = new Map(queues.map((queue) => [queue.arn, shown.get(queue.arn) ?? queueRow(queue)]));
    const focused = rows.contains(document.activeElement) ? document.activeElement : undefined;
    fill(rows, queues.map((queue) => queue.arn), (arns) => arns.map((arn) => shown.get(arn).row));
    if (focused !== document.activeElement) focused?.focus({ preventScroll: true }); // its row was moved
    const targets = new Set(queues.map((queue) => queue.deadLetterTarget).filter(Boolean));
    for (const queue of queues) shown.get(queue.arn).update(queue, targets.has(queue.arn));
    table.hidden = queues.length === 0;
    empty.hidden = queues.length !== 0;
    const messages = queues.reduce((sum, queue) => sum + queue.visible + queue.inFlight + queue.delayed, 0);
    setText(summary, `${count(queues.length)} queue${queues.length === 1 ? "" : "s"}, ` +
      `${count(messages)} message${messages === 1 ? "" : "s"}`);
  };
};

// ── one queue ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Shows what has a value of [name, value]… in a list of terms; `group` puts a term and its value together. */
const showPairs = (list, entries, group = (term, value) => [term, value]) => {
  const given = entries.filter(([, value]) => value !== undefined);
  fill(list, given.map(([name]) => name), (names) => names.flatMap((name) => group(h("dt", {}, name), h("dd"))));
  list.querySelectorAll("dd").forEach((value, i) => setText(value, String(given[i][1])));
};

const messageItem = (message, path) => {
  const item = h("li");
  item.dataset.id = message.id;
  const state = h("span", { class: "state" });
  const age = h("span", { class: "age" });
  const facts = h("dl", { class: "pairs" });
  item.append(h("details", {}, h("summary", {}, state, h("span", { class: "preview" }, message.body.slice(0, 200)), age),
    h("div", { class: "detail" }, h("pre", { tabindex: "0", role: "region", "aria-label": "Body" }, message.body +
      (message.isCut ? `\n… ${count(message.bytes)} bytes in all` : "")), facts,
    h("div", { class: "actions" }, dangerous("Delete message", "Delete for good", () => act(async () => answerOf(
      await fetch("drop", { method: "POST", body: JSON.stringify({ queue: path, serial: message.serial }) })),
    "The message is deleted"))))));
  const update = (now) => {
    setText(state, now.state);
    state.className = `state ${now.state === "in flight" ? "flight" : now.state}`;
    setText(age, duration((Date.now() - now.sentMs) / 1000));
    showPairs(facts, [["Id", now.id], ["Sent", new Date(now.sentMs).toLocaleString()], ["Receives", now.receives],
      ["Visible in", now.dueSeconds === undefined ? undefined : duration(now.dueSeconds)], ["Group", now.group],
      ["Deduplication id", now.deduplicationId], ["Dead letter of", now.from],
      ...Object.entries(now.attributes).map(([name, value]) => [name, `${value.value} (${value.type})`])]);
  };
  return { item, update };
};

const sendForm = (path, fifo) => {
  const body = h("textarea", { name: "body", required: true, spellcheck: "false" });
  const delay = h("input", { type: "number", min: "0", max: "900", value: "0", inputmode: "numeric" });
  const group = h("input", { value: fifo ? "default" : "", required: fifo, maxlength: "128", autocomplete: "off" });
  const id = h("input", { maxlength: "128", autocomplete: "off", placeholder: "by content, if the queue has it" });
  return h("form", { class: "body", "aria-labelledby": "send", onsubmit: async (event) => {
    event.preventDefault();
    const parameters = { QueueUrl: path, MessageBody: body.value };
    if (group.value) parameters.MessageGroupId = group.value;
    if (fifo && id.value) parameters.MessageDeduplicationId = id.value;
    if (!fifo && Number(delay.value)) parameters.DelaySeconds = Number(delay.value);
    if (await act(() => sqs("SendMessage", parameters), "The message is sent")) { body.value = ""; body.focus(); }
  } }, h("label", {}, "Body", body), h("div", { class: "fields" }, h("label", {}, "Message group", group),
    fifo ? h("label", {}, "Deduplication id", id) : h("label", {}, "Delay in seconds", delay)),
  h("div", { class: "actions" }, h("button", { class: "main" }, "Send message")));
};

const queueView = (path) => {
  const name = decodeURIComponent(path.split("/").pop());
  const fifo = name.endsWith(".fifo");
  const figures = h("dl", { class: "figures" });
  const list = h("ul", { class: "messages", role: "list", "aria-labelledby": "messages" });
  const heading = h("h2", { id: "messages", tabindex: "-1" }, "Messages");
  const none = h("div", { class: "empty", hidden: true }, h("strong", {}, "No messages"), "What is sent shows up here.");
  const listed = h("span", { class: "age" });
  const attributes = h("dl", { class: "pairs" });
  const arn = h("p", { class: "sub" }, "\u00a0");
  const redrive = h("button", { type: "button", hidden: true, onclick: () => act(() => sqs("StartMessageMoveTask",
    { SourceArn: queue.arn }), "The messages move back to where they came from") }, "Redrive");
  let queue = {};
  main.replaceChildren(h("div", { class: "head" }, h("div", {}, h("h1", {}, name), arn), h("div", { class: "actions" }, redrive,
    dangerous("Purge", "Drop all messages", () => act(() => sqs("PurgeQueue", { QueueUrl: path }), "The queue is empty")),
    dangerous("Delete queue", "Delete for good", async () => {
      await leave(); // a look at a queue that is gone would fail
      if (await act(() => sqs("DeleteQueue", { QueueUrl: path }))) say(`${name} is deleted`);
      location.hash = "#/";
    }))),
  h("section", { class: "card", "aria-label": "Counts" }, figures),
  h("section", { class: "card", "aria-labelledby": "messages" }, h("div", { class: "top" }, heading,
    listed), list, none),
  h("section", { class: "card", "aria-labelledby": "send" }, h("div", { class: "top" }, h("h2", { id: "send" }, "Send")),
    sendForm(path, fifo)),
  h("section", { class: "card", "aria-labelledby": "attributes" }, h("div", { class: "top" },
    h("h2", { id: "attributes" }, "Attributes")), h("div", { class: "body" }, attributes)));
  const items = new Map();
  return async () => {
    const [all, found] = [withRates(await get("queues.json")), await get(`messages.json?queue=${encodeURIComponent(path)}`)];
    queue = all.queues.find((one) => one.arn === found.queue.arn) ?? found.queue;
    setText(arn, queue.arn);
    redrive.hidden = !all.queues.some((one) => one.deadLetterTarget === queue.arn);
    showPairs(figures, FIGURES.map(([label, of, written]) => [label, written(of(queue))]), (...pair) => h("div", {}, ...pair));
    const seen = new Set(found.messages.map((message) => message.id));
    for (const [id, { item }] of items) if (!seen.has(id)) {
      const next = item.nextElementSibling ?? item.previousElementSibling;
      const hadFocus = item.contains(document.activeElement);
      item.remove();
      items.delete(id);
      if (hadFocus) (next?.querySelector("summary") ?? heading).focus();
    }
    for (const message of found.messages) {
      if (!items.has(message.id)) {
        items.set(message.id, messageItem(message, path));
        list.append(items.get(message.id).item);
      }
      items.get(message.id).update(message);
    }
    none.hidden = found.messages.length !== 0;
    const size = queue.visible + queue.inFlight + queue.delayed;
    setText(listed, size > found.messages.length ? `the oldest ${found.messages.length} of ${count(size)}` : "");
    const { Attributes } = await sqs("GetQueueAttributes", { QueueUrl: path, AttributeNames: ["All"] });
    showPairs(attributes, Object.entries(Attributes)
      .filter(([key]) => !key.startsWith("Approximate") && key !== "QueueArn")
      .map(([key, value]) => [key, key.endsWith("Timestamp") ? new Date(value * 1000).toLocaleString() : value]));
  };
};

// ── which view, and when it looks again ──────────────────────────────────────────────────────────────────────────

let view = async () => {};
let looking = view();
let timer;
let turn = 0;

/** Touched only when it changes: a screen reader says it each time. */
const showLive = (text, how) => {
  setText(live, text);
  live.className = `live ${how}`;
};

const refresh = async () => {
  clearTimeout(timer);
  const mine = ++turn;
  try {
    looking = view();
    await looking;
    showLive("live", "on");
  } catch (error) {
    showLive(error instanceof TypeError ? "the server does not answer" : error.message, "off");
  }
  if (mine === turn && !document.hidden) timer = setTimeout(refresh, POLL_MS);
};

/** Looks no more, until the next route; completes when the look under way has ended. */
const leave = async () => {
  view = async () => {};
  await looking.catch(() => {});
};

const route = () => {
  const path = location.hash.slice(1);
  view = path.startsWith("/queue/") ? queueView(path) : listView();
  document.title = path.startsWith("/queue/") ? `${path.split("/").pop()} · lastcall` : "lastcall";
  window.scrollTo(0, 0);
  refresh();
};

addEventListener("hashchange", () => { if (location.hash !== "#main") { route(); main.focus(); } });
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
route();
