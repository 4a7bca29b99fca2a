// The page: what is typed becomes a request, and its events become a turn.

import { byId, definitions, duration } from "/elements.js";
import { History } from "/history.js";
import { ask, read } from "/server.js";
import { Turn, waitingFor } from "/turn.js";

const PARAMETERS = ["max_new_tokens", "temperature", "seed"];
const form = byId("composer");
const prompt = byId("prompt");
const turns = byId("turns");
const history = new History((request) => run(request, lastAsked(request)));

let conversation = []; // what a chat said so far, as messages
let running = null; // the AbortController of the question that is being answered
let ticking = null; // shows how long it has taken so far
let model = "The model";

const isChat = () => form.elements.mode.value === "chat";

function parameters() {
  const given = PARAMETERS.filter((name) => byId(name).value !== "");
  return Object.fromEntries(given.map((name) => [name, Number(byId(name).value)]));
}

function requestFor(text) {
  if (!isChat()) return { prompt: text, parameters: parameters() };
  const system = byId("system").value.trim();
  const before = system ? [{ role: "system", content: system }] : [];
  return { messages: [...before, ...conversation, { role: "user", content: text }], parameters: parameters() };
}

const lastAsked = ({ prompt: text, messages, body }) => text ?? messages?.at(-1).content ?? JSON.stringify(body);

async function run(request, asked) {
  if (running) return;
  const turn = new Turn(asked, model, (uri) => history.open(uri));
  byId("welcome").hidden = true;
  turns.append(turn.node);
  begin();
  try {
    for await (const event of ask(request, running.signal)) take(event, turn, request, asked);
    if (turn.node.ariaBusy === "true") turn.fail("The answer broke off.", "The playground's server ended.", "run genai playground again");
  } catch (failure) {
    if (failure.name === "AbortError") turn.stop();
    else turn.fail("Not asked.", failure.message, failure.fix);
    tell(failure.name === "AbortError" ? "Stopped." : "Failed.");
  } finally {
    finish();
    turn.node.scrollIntoView({ block: "nearest" });
    await history.refresh();
  }
}

function take(event, turn, request, asked) {
  const isFollowed = isAtEnd();
  if (event.event === "text") turn.write(event.text);
  else if (event.event === "waiting") tell(waitingFor(event));
  else if (event.event === "failed") {
    turn.fail("No answer.", event.message, event.fix);
    tell("Failed.");
  } else {
    turn.finish(event);
    tell(event.reply.error ? "Failed." : `Answered in ${duration(event.seconds)}.`);
    if (request.messages && isChat() && !event.reply.error) {
      conversation = [...conversation, { role: "user", content: asked }, { role: "assistant", content: event.reply.text }];
    }
  }
  follow(isFollowed);
}

function begin() {
  running = new AbortController();
  swap(byId("ask"), byId("stop"));
  tell("Asking…");
  const started = performance.now();
  ticking = setInterval(() => { byId("elapsed").textContent = `${Math.round((performance.now() - started) / 1000)} s`; }, 1000);
  follow(true);
}

function finish() {
  running = null;
  clearInterval(ticking);
  byId("elapsed").textContent = "";
  swap(byId("stop"), byId("ask"));
}

/** Shows one button in another's place, and keeps the focus on what is there. */
function swap(gone, shown) {
  const hadFocus = document.activeElement === gone;
  gone.hidden = true;
  shown.hidden = false;
  if (hadFocus) shown.focus();
}

const tell = (text) => { byId("status").textContent = text; };
const isAtEnd = () => turns.scrollHeight - turns.scrollTop - turns.clientHeight < 40;
const follow = (isFollowed) => { if (isFollowed) turns.scrollTop = turns.scrollHeight; };
const stop = () => running?.abort();

function showMode() {
  byId("system-row").hidden = byId("fresh").hidden = !isChat();
  byId("prompt-label").textContent = isChat() ? "Message" : "Prompt";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) return;
  const text = prompt.value;
  run(requestFor(text), text);
  if (isChat()) prompt.value = "";
  else prompt.select();
});
form.addEventListener("change", showMode);
prompt.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !byId("viewer").open) stop();
});
byId("stop").addEventListener("click", stop);
byId("fresh").addEventListener("click", () => {
  stop();
  conversation = [];
  turns.replaceChildren(byId("welcome"));
  byId("welcome").hidden = false;
  prompt.focus();
});

async function introduce() {
  try {
    const stack = await read("/api/stack");
    model = stack.endpoint;
    document.title = `${stack.stack} · genai playground`;
    definitions(byId("facts"), [
      ["Stack", stack.stack],
      ["Endpoint", stack.endpoint],
      ["Region", stack.region],
      ["Account", stack.account ? "local, on this machine" : "AWS"],
      ["Texts", stack.streams ? "streamed" : "as a whole"],
    ]);
    if (!stack.streams) tell("No streaming URL: texts come as a whole. genai:invoker.streaming makes one.");
    await history.refresh();
  } catch (failure) {
    const alarm = byId("alarm");
    alarm.textContent = [failure.message, failure.fix].filter(Boolean).join(" Fix: ");
    alarm.hidden = false;
    byId("ask").disabled = true;
    byId("history-note").textContent = "";
  }
}

showMode();
introduce();
