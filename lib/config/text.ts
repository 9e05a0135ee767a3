const NAMESPACE = "fabric:";

/** The project's own keys of a stack's configuration, without the namespace. */
export function ownKeys<T>(all: Readonly<Record<string, T>>): Record<string, T> {
  const own = Object.entries(all).filter(([key]) => key.startsWith(NAMESPACE));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(NAMESPACE.length), value]));
}

/**
 * The project's own values of a stack's configuration, by key without the namespace. Pulumi passes objects and lists as JSON,
 * and everything else as text.
 */
export function stackConfigValues(all: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(ownKeys(all)).map(([key, text]) => [key, valueOf(text)]));
}

function valueOf(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
