// Small helpers to make elements, and to replace them without taking away what somebody has open or is typing.

/**
 * An element. Attributes that begin with `on` are listeners; a false or missing one is left out. Text is text.
 * @param {string} tag
 * @param {Record<string, unknown>} attributes
 * @param {...unknown} children
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, own] of Object.entries(value)) element.style.setProperty(key, own);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(9).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** An input with its label. */
export const field = (label, input, attributes = {}) => h("label", attributes, label, input);

/** Replaces the content of an element. What has a `data-key` stays open and keeps the focus. */
export function replace(container, ...children) {
  const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
  const hadFocus = focused !== undefined && container.contains(document.activeElement);
  const open = new Map([...container.querySelectorAll("details[data-key]")].map((one) => [one.dataset.key, one.open]));
  container.replaceChildren(...children.flat(9).filter((child) => child));
  for (const one of container.querySelectorAll("details[data-key]"))
    if (open.has(one.dataset.key)) one.open = open.get(one.dataset.key);
  if (hadFocus) {
    const again = [...container.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focused);
    again?.focus({ preventScroll: true });
  }
}

/** Lines of a unified difference. */
export const difference = (lines) =>
  h(
    "pre",
    { tabindex: 0 },
    lines.map((line) => {
      const kind = line.startsWith("@@")
        ? "place"
        : line.startsWith("+")
          ? "plus"
          : line.startsWith("-")
            ? "minus"
            : "";
      return h("span", { class: kind }, line === "" ? " " : line);
    }),
  );

/** Says something at the edge of the page, and to screen readers. */
export function say(text) {
  const toast = h("div", { class: "toast" }, text);
  document.getElementById("toasts").append(toast);
  setTimeout(() => toast.remove(), 5_000);
}

/** Asks the emulator. @throws Error with its own words */
export async function ask(path, { method = "GET", body } = {}) {
  const answer = await fetch(path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.error ?? `${answer.status}`);
  return json;
}
