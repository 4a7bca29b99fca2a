// The playground's own server: JSON answers, and a stream of events while the model is asked.

const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";

export class ServerError extends Error {
  constructor(message, fix = "") {
    super(message);
    this.fix = fix;
  }
}

export async function read(path) {
  const response = await reached(path, {});
  return response.json();
}

/** The events of one question, as they come: text, waiting, and at last answered or failed. */
export async function* ask(request, signal) {
  const response = await reached("/api/ask", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
    signal,
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

async function reached(path, options) {
  const headers = { ...options.headers, "X-Playground-Token": token };
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    throw new ServerError(
      "The playground's server does not answer.",
      "it may have ended: run genai playground again, and open the URL that it prints",
    );
  }
  if (!response.ok) {
    const { message, fix } = await response.json();
    throw new ServerError(message, fix);
  }
  return response;
}
