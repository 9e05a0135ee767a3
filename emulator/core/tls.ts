import { execFile } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

/** A certificate for this machine, and the file that makes clients trust it. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly caFile: string;
}

/**
 * Makes a certificate for localhost and 127.0.0.1 that is valid for a day. It is its own authority.
 * @throws Error if openssl is missing
 */
export async function makeCertificate(folder: string): Promise<Certificate> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const [keyFile, caFile] = [join(folder, "key.pem"), join(folder, "ca.pem")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"];
  const names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  try {
    await promisify(execFile)("openssl", [...request, ...names, "-keyout", keyFile, "-out", caFile]);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new Error(
      isMissing ? "--tls needs openssl on PATH." : `openssl could not make a certificate: ${(error as Error).message}`,
    );
  }
  return { key: readFileSync(keyFile, "utf8"), cert: readFileSync(caFile, "utf8"), caFile: resolve(caFile) };
}
