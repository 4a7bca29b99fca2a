// One question and what came of it, as it is shown.

import { definitions, duration, element } from "/elements.js";

const WAITING = {
  waking: "The endpoint had scaled to zero and wakes up, which takes minutes. It is asked again and again.",
  queued: "The request is kept, and will be answered once the endpoint is awake.",
  accepted: "The endpoint has the request in its queue.",
  pending: "The answer is not there yet.",
};

/** What to say while there is no text yet. */
export const waitingFor = ({ state, message }) => WAITING[state] ?? message ?? state;

export class Turn {
  /** `openRecord` shows the record at an S3 URI. */
  constructor(asked, model, openRecord) {
    this.openRecord = openRecord;
    this.text = document.createTextNode("");
    const said = element("div", "said", this.text);
    this.node = element(
      "article",
      "turn",
      element("div", "asked", element("span", "who", "You"), element("div", "said", asked)),
      element("div", "answer", element("span", "who", model), said),
    );
    this.node.setAttribute("aria-busy", "true"); // read out when it is whole, not letter by letter
  }

  write(piece) {
    this.text.appendData(piece);
  }

  finish({ reply, seconds, first_text_seconds, fix, cost }) {
    const { usage, error, embedding } = reply;
    if (embedding) this.text.data = `A vector of ${embedding.length} numbers: ${embedding.slice(0, 8).join(", ")}…`;
    else if (reply.text !== undefined) this.text.data = reply.text;
    this.end();
    if (!error || reply.text) {
      this.node.append(
        definitions(element("dl", "figures"), [
          ["Latency", duration(seconds)],
          ["First text", first_text_seconds === null ? "came as a whole" : duration(first_text_seconds)],
          ["Model", reply.latency_ms === undefined ? null : duration(reply.latency_ms / 1000)],
          ["Tokens", usage ? `${usage.prompt_tokens} in, ${usage.completion_tokens} out` : "not told"],
          ["Ended by", reply.finish_reason],
          ["Cost", cost ? money(cost) : "unknown"],
          ["Record", reply.record ? this.recordLink(reply.record) : "none"],
        ]),
      );
    }
    if (reply.replayed) this.remark("This is the text of an earlier request with the same client token.");
    for (const warning of reply.warnings ?? []) this.remark(warning);
    if (error) {
      const again = error.retryable ? "the same request may succeed later" : "the same request will fail again";
      this.fail(`${reply.status} ${error.type}`, error.message, fix, again);
    }
  }

  fail(title, message, fix, remark = "") {
    this.end();
    const failure = element("div", "failure", element("strong", "", title), ` ${message}`);
    const advice = [remark, fix && `Fix: ${fix}`].filter(Boolean).join(". ");
    if (advice) failure.append(element("p", "fix", `${advice[0].toUpperCase()}${advice.slice(1)}.`));
    this.node.append(failure);
  }

  stop() {
    this.end();
    this.remark("Stopped here. The function still writes the text to its end, and keeps it in its record.");
  }

  end() {
    this.node.setAttribute("aria-busy", "false");
  }

  remark(text) {
    this.node.append(element("p", "remark", text));
  }

  recordLink(uri) {
    const link = element("button", "link", "show");
    link.type = "button";
    link.setAttribute("aria-label", "Show the record");
    link.addEventListener("click", () => this.openRecord(uri));
    return link;
  }
}

function money({ usd, instance_type }) {
  const amount = element("span", "", `${usd.toPrecision(2)} USD`);
  amount.title = `The time the call took of one ${instance_type}, which is billed between calls as well`;
  return amount;
}
