import type { ErrorDetail } from "./fabricError.ts";

/* Removes tokens and secrets: a service may repeat a request in its answer, and they must not be printed. */

/** Ways in which a service may spell a secret of a request that it repeats. */
const spellingsOf = (secret: string): readonly string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  encodeURI(secret),
  secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
  Buffer.from(secret).toString("base64"),
];

/** A text without tokens, and without some secrets. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const spellings = secrets.filter(Boolean).flatMap(spellingsOf);
  // longest first, because one spelling can begin with another
  spellings.sort((one, other) => other.length - one.length);
  const clean = spellings.reduce((left, spelling) => left.replaceAll(spelling, "[redacted]"), text);
  return clean.replace(/Bearer\s+\S+/gi, "Bearer [redacted]");
}

/** The same for a text that may be missing. */
const ifAny = (text: string | undefined, secrets: readonly string[]) =>
  text === undefined ? undefined : withoutSecrets(text, secrets);

/** What the service says about a failure, without tokens and secrets. */
export const withoutSecretsIn = (
  {
    message,
    moreDetails,
  }: { readonly message?: string | undefined; readonly moreDetails?: readonly ErrorDetail[] | undefined },
  secrets: readonly string[],
) => ({
  serviceMessage: ifAny(message, secrets),
  moreDetails: moreDetails?.map(({ errorCode, message: detail }) => ({ errorCode, message: ifAny(detail, secrets) })),
});
