// The page's elements, made and found. Texts become text nodes: what a model wrote is never markup.

export const byId = (id) => document.getElementById(id);

export function element(tag, className = "", ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** A list of terms and values; a value that is null is left out. */
export function definitions(list, entries) {
  const rows = entries
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([term, value]) => element("div", "", element("dt", "", term), element("dd", "", value)));
  list.replaceChildren(...rows);
  return list;
}

export function duration(seconds) {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}
