import { X509Certificate, constants, createHash, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";

type Part = Readonly<Record<string, unknown>>;
const encode = (part: Part) => Buffer.from(JSON.stringify(part)).toString("base64url");
const decode = (part: string | undefined) => JSON.parse(Buffer.from(part ?? "", "base64url").toString()) as Part;

/** A JWT, signed by RS256. */
export function signed(claims: Part, key: KeyObject): string {
  const content = `${encode({ alg: "RS256", typ: "JWT" })}.${encode(claims)}`;
  return `${content}.${sign("sha256", Buffer.from(content), key).toString("base64url")}`;
}

/** The claims of a JWT, after its signature by RS256 or PS256 was checked. @throws Error where it is wrong */
export function verified(token: string, key: KeyObject): { readonly header: Part; readonly claims: Part } {
  const [header, claims, signature] = token.split(".");
  const isPss = decode(header)["alg"] === "PS256";
  const padding = isPss ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const content = Buffer.from(`${header}.${claims}`);
  if (!verify("sha256", content, { key, padding, saltLength: 32 }, Buffer.from(signature ?? "", "base64url"))) {
    throw new Error("AADSTS700027: The signature of the client assertion is wrong.");
  }
  return { header: decode(header), claims: decode(claims) };
}

/** The claims of an assertion that was signed with a certificate's key. @throws Error where it is another's */
export function verifiedByCertificate(token: string, pem: string): Part {
  const certificate = new X509Certificate(pem);
  const { header, claims } = verified(token, certificate.publicKey);
  if (header["x5t#S256"] !== createHash("sha256").update(certificate.raw).digest("base64url")) {
    throw new Error("AADSTS700027: The client assertion names another certificate.");
  }
  return claims;
}
