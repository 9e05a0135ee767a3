import { proxySecrets } from "../network/proxy.ts";

/** Names of properties and variables whose values never leave the process, whatever they hold. */
const SECRET_NAME =
  /secret|password|token|authorization|cookie|credential|connection_?string|(api|account|access|private)[-_]?key|passphrase/i;
/** Tokens outside the known secrets: `Bearer …`, and signed tokens anywhere in a text. */
const TOKEN = /Bearer\s+[\w.~+/=-]+|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*/gi;
const REDACTED = "[redacted]";

/** Removes secrets from everything that leaves the process, by their names and by their values. */
export class Redaction {
  readonly #fromEnvironment: readonly string[];
  readonly #known: () => Iterable<string>;

  /**
   * @param env values of variables with secret-looking names count as secrets
   * @param known further secrets; called at each use, because secrets become known during a run
   */
  constructor(env: NodeJS.ProcessEnv, known: () => Iterable<string>) {
    const named = Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && SECRET_NAME.test(name) ? [value] : [],
    );
    this.#fromEnvironment = [...named, ...proxySecrets(env)];
    this.#known = known;
  }

  /** The text without tokens and secrets. */
  text(text: string): string {
    const secrets = [...this.#fromEnvironment, ...this.#known()].filter((secret) => secret.length > 3);
    // longest first, because one secret can begin with another
    secrets.sort((one, other) => other.length - one.length);
    return secrets.reduce((clean, secret) => clean.replaceAll(secret, REDACTED), text.replace(TOKEN, REDACTED));
  }

  /** Properties without secrets, as text. Other values become JSON. */
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

  /** A copy of an error without secrets: name, message and stack only. */
  error(error: unknown): Error {
    if (!(error instanceof Error))
      return new Error(typeof error === "string" ? this.text(error) : "a value that is no error was thrown");
    const clean = new Error(this.text(error.message));
    clean.name = error.name;
    clean.stack = this.text(error.stack ?? "");
    return clean;
  }
}
