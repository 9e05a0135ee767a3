/** Codes of a connection that fails because nobody whom this machine trusts has signed the certificate. */
const UNTRUSTED = [
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
] as const;

/** Codes of a connection that fails because the certificate does not count now. */
const OUT_OF_DATE = ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"] as const;

/** Code of a connection that fails because the certificate is that of another host. */
const OF_ANOTHER_HOST = "ERR_TLS_CERT_ALTNAME_INVALID";

/** What to do, by code. */
export const certificateRemedies: Readonly<Record<string, string>> = {
  ...sameFor(
    UNTRUSTED,
    "This machine does not trust who signed the certificate. If a proxy here reads TLS, let NODE_EXTRA_CA_CERTS name a file (PEM) " +
      "with the certificate of its authority.",
  ),
  ...sameFor(
    OUT_OF_DATE,
    "The certificate does not count at this moment. Check this machine's clock, and whether a proxy stands before the host.",
  ),
  [OF_ANOTHER_HOST]:
    "The certificate is that of another host. Check the address, and whether a proxy or another name server stands before the host.",
};

function sameFor(codes: readonly string[], remedy: string): Record<string, string> {
  return Object.fromEntries(codes.map((code) => [code, remedy]));
}
