import { scryptSync } from "node:crypto";
import type { VersionedSecret } from "../secretManager.ts";
import { isOwnSignIn, vaultNameOf } from "./secretName.ts";

/*
 * Words for the version of a secret, which states and logs may hold: the vault's own version, or for a secret without versions
 * a salted hash that is slow to compute, so that nobody tries out values with it.
 */

/** Schema of the words: versions of one secret, or of several in a fixed order. */
export const SECRET_VERSION = /^(version:[\w-]{1,64}|hash:[\w-]{22})(\+(version:[\w-]{1,64}|hash:[\w-]{22}))*$/;

/** Hashes by name and value, because each takes a twentieth of a second. */
const known = new Map<string, string>();

/** The words for the version of a secret that was found. Equal values of one name have equal words. */
export function versionOfSecret(name: string, { value, version }: Pick<VersionedSecret, "value" | "version">): string {
  if (version !== undefined) return `version:${version}`;
  const key = JSON.stringify([vaultNameOf(name), value]);
  const hash = known.get(key) ?? slowHash(value, `fabric connection ${vaultNameOf(name)}`);
  known.set(key, hash);
  return `hash:${hash}`;
}

const slowHash = (value: string, salt: string) =>
  scryptSync(value, salt, 16, { N: 2 ** 14, r: 8, p: 1 }).toString("base64url");

/** How a secret is looked up. */
export interface SecretSource {
  /** The present version; undefined if no source has the secret. */
  find(name: string): Promise<VersionedSecret | undefined>;
  /** A version in the vault; undefined if the vault does not give it. */
  findVersion(name: string, version: string): Promise<VersionedSecret | undefined>;
}

/**
 * The value of a secret in one version.
 * @param version the words for it; undefined for the present version
 * @returns undefined if no source has that version any more
 */
export async function secretInVersion(
  source: SecretSource,
  name: string,
  version: string | undefined,
): Promise<string | undefined> {
  const present = await source.find(name);
  if (version === undefined) return present?.value;
  if (present && versionOfSecret(name, present) === version) return present.value;
  const ofVault = /^version:(.+)$/.exec(version)?.[1];
  if (ofVault !== undefined) return (await source.findVersion(name, ofVault))?.value;
  // the value may lie in the vault by now
  return present && versionOfSecret(name, { value: present.value }) === version ? present.value : undefined;
}

/** Prefixes of variables that sign a deployment in, or that a pipeline holds: a connection must not send them anywhere. */
const OWN =
  /^(pulumi|fabric-access-token|arm|github|gh|actions|system|aws|npm|node|feature|key-vault|applicationinsights|appinsights)(-|$)/;

/** Whether a name belongs to the deployment's own sign-in, and so cannot be a connection's secret. */
export function isOfDeployment(name: string): boolean {
  const key = vaultNameOf(name);
  return isOwnSignIn(key) || OWN.test(key);
}

/** Whether a vault can hold the name. */
export function isSecretName(name: string): boolean {
  try {
    vaultNameOf(name);
    return true;
  } catch {
    return false;
  }
}
