import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { known } from "../../emulator/core/defaultSeed.ts";
import { tenantId } from "../../emulator/families/identity.ts";
import { makeCertificate } from "../../emulator/core/tls.ts";
import { startEntra } from "./entra.ts";
import type { Entra } from "./entra.ts";
import { startKeyVault } from "./keyVault.ts";
import type { VaultDouble } from "./keyVault.ts";

/** A vault, the Entra ID that it belongs to, and what a process needs to use both. */
export interface VaultAndSignIn {
  readonly vault: VaultDouble;
  readonly entra: Entra;
  /** Flag, address, sign-in and certificate. */
  readonly env: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** Starts both. This process trusts them from then on; others do by NODE_EXTRA_CA_CERTS. */
export async function startVaultAndSignIn(): Promise<VaultAndSignIn> {
  const certificate = await makeCertificate(mkdtempSync(join(tmpdir(), "vault-tls-")));
  tls.setDefaultCACertificates([...tls.getCACertificates("default"), certificate.cert]);
  const entra = await startEntra(certificate, () => undefined, known.deployer);
  const vault = await startKeyVault(certificate, entra.origin, tenantId);
  return {
    vault,
    entra,
    env: {
      FEATURE_USE_KEY_VAULT: "true",
      KEY_VAULT_URL: vault.url,
      AZURE_AUTHORITY_HOST: entra.origin,
      AZURE_TENANT_ID: tenantId,
      AZURE_CLIENT_ID: "66666666-2222-4333-8444-555555555555",
      AZURE_CLIENT_SECRET: "canary-sign-in",
      NODE_EXTRA_CA_CERTS: certificate.caFile,
    },
    async close() {
      await vault.close();
      await entra.close();
    },
  };
}
