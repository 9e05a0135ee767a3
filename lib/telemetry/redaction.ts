import { proxySecrets } from "../network/proxy.ts";

/** Names of properties and variables whose values never leave the process, whatever they hold. */
const SECRET_NAME =
  /secret|password|token|authorization|cookie|credential|connection_?string|(api|account|access|private)[-_]?key|passphrase/i;
/** Tokens that are not among the known secrets: `Bearer …`, and signed tokens anywhere in a text. */
const TOKEN = /Bearer\s+[\w.~+/=-]+|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*/gi;
const REDACTED = "[redacted]";

/** Takes secrets out of what leaves the process, by the names they stand under and by their values. */
export class Redaction {
  readonly #fromEnvironment: readonly string[];
  readonly #known: () => Iterable<string>;

  /**
   * @param env the values of variables whose names look secret are secrets
   * @param known further secrets, asked for at each use because they are learned in mid-run
   */
  constructor(env: NodeJS.ProcessEnv, known: () => Iterable<string>) {
    const named = Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && SECRET_NAME.test(name) ? [value] : [],
    );
    this.#fromEnvironment = [...named, ...proxySecrets(env)];
    this.#known = known;
  }

  /** A text without tokens and secrets. */
  text(text: string): string {
    const secrets = [...this.#fromEnvironment, ...this.#known()].filter((secret) => secret.length > 3);
    // longest first: one secret can begin with another
    secrets.sort((one, other) => other.length - one.length);
    return secrets.reduce((clean, secret) => clean.replaceAll(secret, REDACTED), text.replace(TOKEN, REDACTED));
  }

  /** Properties without secrets, as text; what is not text becomes JSON. */
  properties(properties: Readonly<Record<string, unknown>>): Record<string, string> {
    const clean = (name: string, value: unknown): unknown => {
      if (SECRET_NAME.test(name)) return REDACTED;
      if (typeof value === "string") return this.text(value);
      if (value instanceof Error) return this.text(value.message);
      return typeof value === "bigint" ? String(value) : value;
    };
    const asText = (value: unknown): string => {
      if (typeof value === "string") return value;
      try {
        return JSON.stringify(value, clean) ?? "null";
      } catch {
        return "[cannot be written as JSON]";
      }
    };
    return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, asText(clean(name, value))]));
  }

  /** An error of the same name without secrets, and without whatever else hangs on it. */
  error(error: unknown): Error {
    if (!(error instanceof Error))
      return new Error(typeof error === "string" ? this.text(error) : "a value that is no error was thrown");
    const clean = new Error(this.text(error.message));
    clean.name = error.name;
    clean.stack = this.text(error.stack ?? "");
    return clean;
  }
}
