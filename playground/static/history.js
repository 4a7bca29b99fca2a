// The records in the stack's bucket, newest first, and a panel that shows one.

import { byId, duration, element } from "/elements.js";
import { read } from "/server.js";

export class History {
  /** `askAgain` is given the request of a record. */
  constructor(askAgain) {
    this.shown = null;
    this.timesAsked = 0;
    byId("refresh").addEventListener("click", () => this.refresh());
    byId("close").addEventListener("click", () => byId("viewer").close());
    byId("copy").addEventListener("click", () => navigator.clipboard.writeText(byId("viewer-json").textContent));
    byId("again").addEventListener("click", () => {
      byId("viewer").close();
      askAgain(this.shown);
    });
  }

  async refresh() {
    const note = byId("history-note");
    try {
      const asked = ++this.timesAsked;
      const records = await read("/api/records");
      if (asked !== this.timesAsked) return; // a later answer is there already, or on its way
      this.show(records);
      note.textContent = records.length
        ? "The newest records in S3. Choose one to see all of it."
        : "No record so far. A stack with genai:invoker.records.keep: off keeps none.";
    } catch (failure) {
      note.textContent = [failure.message, failure.fix].filter(Boolean).join(" Fix: ");
    }
  }

  /** Shows them, and leaves the focus on the record that had it. */
  show(records) {
    const focused = document.activeElement.dataset.uri;
    byId("records").replaceChildren(...records.map((each) => this.entry(each)));
    if (focused) document.querySelector(`[data-uri="${CSS.escape(focused)}"]`)?.focus();
  }

  async open(uri) {
    const viewer = byId("viewer");
    const note = byId("viewer-note");
    this.shown = null;
    byId("viewer-uri").textContent = uri;
    byId("viewer-json").textContent = "";
    note.hidden = true;
    byId("again").disabled = true;
    if (!viewer.open) viewer.showModal();
    try {
      const { record } = await read(`/api/record?uri=${encodeURIComponent(uri)}`);
      byId("viewer-json").textContent = JSON.stringify(record, null, 2);
      this.shown = askable(record.request);
      byId("again").disabled = this.shown === null;
      if (this.shown === null) {
        note.textContent = "It cannot be asked again: what was asked was not kept.";
        note.hidden = false;
      }
    } catch (failure) {
      note.textContent = [failure.message, failure.fix].filter(Boolean).join(" Fix: ");
      note.hidden = false;
    }
  }

  entry({ uri, created_at, status, mode, asked, answered, is_failed, usage, milliseconds }) {
    const told = [
      when(new Date(created_at)),
      mode === "sync" || mode === "stream" ? null : mode,
      usage ? `${usage.completion_tokens} tokens` : null,
      milliseconds == null ? null : duration(milliseconds / 1000),
    ];
    const meta = element("span", "meta", element("b", "", `${status}`));
    meta.append(...told.filter(Boolean).map((part) => ` · ${part}`));
    const open = element(
      "button",
      is_failed ? "record failed" : "record",
      element("span", "of", asked),
      element("span", "to", answered),
      meta,
    );
    open.type = "button";
    open.dataset.uri = uri;
    open.addEventListener("click", () => this.open(uri));
    return element("li", "", open);
  }
}

/** The request as it was made, or null where its texts were not kept. */
function askable(request) {
  const { prompt, messages, body, parameters } = request ?? {};
  const isKept = prompt !== undefined || body !== undefined || messages?.every(({ content }) => content !== undefined);
  return isKept ? { prompt, messages, body, parameters } : null;
}

function when(date) {
  const isToday = date.toDateString() === new Date().toDateString();
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  return isToday ? time : `${date.toLocaleDateString()} ${time}`;
}
