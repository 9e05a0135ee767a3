import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  assertComplete,
  chooseAzureKind,
  chooseKind,
  credentialKinds,
  credentialSetting,
} from "../../../lib/signIn/credentialKind.ts";
import type { CredentialKind } from "../../../lib/signIn/credentialKind.ts";

const ids = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID"];
const pipeline = ["SYSTEM_OIDCREQUESTURI", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"];
const job = ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
const local = ["azureCli", "azureDeveloperCli"];

/** What the environment holds, what is taken, and what speaks for it. */
const choices: [held: string[], kinds: string[], why: RegExp][] = [
  [[], local, /names no other/],
  [ids, local, /names no other/],
  [["FABRIC_ACCESS_TOKEN"], ["accessToken"], /^FABRIC_ACCESS_TOKEN is set$/],
  [["FABRIC_ACCESS_TOKEN", ...ids, "AZURE_CLIENT_SECRET"], ["accessToken"], /FABRIC_ACCESS_TOKEN/],
  [[...ids, "AZURE_CLIENT_SECRET"], ["clientSecret"], /^AZURE_CLIENT_SECRET is set$/],
  [["AZURE_CLIENT_SECRET"], ["clientSecret"], /AZURE_CLIENT_SECRET/],
  [[...ids, "AZURE_CLIENT_CERTIFICATE_PATH"], ["clientCertificate"], /AZURE_CLIENT_CERTIFICATE_PATH/],
  [[...ids, "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_SECRET"], ["clientSecret"], /AZURE_CLIENT_SECRET/],
  [[...ids, "AZURE_FEDERATED_TOKEN_FILE"], ["workloadIdentity"], /AZURE_FEDERATED_TOKEN_FILE/],
  [[...ids, "AZURE_FEDERATED_TOKEN_FILE", ...job], ["workloadIdentity"], /AZURE_FEDERATED_TOKEN_FILE/],
  [[...pipeline, "SYSTEM_ACCESSTOKEN"], ["azurePipelines"], /CONNECTION_ID and SYSTEM_ACCESSTOKEN are set$/],
  // the task has signed in to the Azure CLI, and nobody mapped the access token
  [pipeline, local, /names no other/],
  [["SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"], local, /names no other/],
  [[...ids, ...job], ["gitHubActions"], /ACTIONS_ID_TOKEN_REQUEST_URL and AZURE_CLIENT_ID are set$/],
  // an action has signed in to the Azure CLI
  [job, local, /names no other/],
  [["IDENTITY_ENDPOINT", "IDENTITY_HEADER"], ["managedIdentity"], /IDENTITY_ENDPOINT/],
  [["IDENTITY_ENDPOINT", "AZURE_CLIENT_ID"], ["managedIdentity"], /IDENTITY_ENDPOINT/],
  [["FABRIC_CLIENT_SECRET", ...ids], local, /names no other/],
];
const holding = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, `value of ${name}`]));

describe("auto", () => {
  for (const [held, kinds, why] of choices) {
    it(`Auto takes ${kinds.join(", then ")} where the environment holds ${held.join(", ") || "nothing"}`, () => {
      const choice = chooseKind(holding(held));
      assert.deepEqual(choice.kinds, kinds);
      assert.match(choice.why, why);
    });
  }

  it("Auto takes an empty variable for a missing one", () => {
    assert.deepEqual(chooseKind({ AZURE_CLIENT_SECRET: "" }).kinds, local);
  });

  it("Auto leaves the ready token to the Fabric API", () => {
    assert.deepEqual(chooseAzureKind(holding(["FABRIC_ACCESS_TOKEN"])).kinds, local);
  });
});

/** What each kind says when the environment holds nothing. */
const needs: Record<CredentialKind, string | undefined> = {
  accessToken: "FABRIC_ACCESS_TOKEN.",
  clientSecret:
    "AZURE_TENANT_ID (or fabric:tenantId), AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or FABRIC_CLIENT_SECRET).",
  clientCertificate: "AZURE_TENANT_ID (or fabric:tenantId), AZURE_CLIENT_ID and AZURE_CLIENT_CERTIFICATE_PATH.",
  workloadIdentity: "AZURE_TENANT_ID (or fabric:tenantId), AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE.",
  azurePipelines:
    "AZURESUBSCRIPTION_TENANT_ID (or AZURE_TENANT_ID, fabric:tenantId), AZURESUBSCRIPTION_CLIENT_ID (or AZURE_CLIENT_ID), " +
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID, SYSTEM_ACCESSTOKEN and SYSTEM_OIDCREQUESTURI.",
  gitHubActions:
    "AZURE_TENANT_ID (or fabric:tenantId), AZURE_CLIENT_ID, ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN.",
  managedIdentity: undefined,
  azureCli: undefined,
  azureDeveloperCli: undefined,
};

describe("a kind", () => {
  for (const kind of credentialKinds) {
    const wanted = needs[kind];
    it(`A kind ${kind} ${wanted ? "names all variables that are missing at once" : "needs no variable"}`, () => {
      if (wanted === undefined) return assert.doesNotThrow(() => assertComplete(kind, {}));
      assert.throws(
        () => assertComplete(kind, {}),
        ({ message }: Error) => message.includes(` needs ${wanted} Set what is missing`),
      );
    });
  }

  it("A kind names only what is missing, and takes one of several names for a variable", () => {
    const env = holding(["AZURESUBSCRIPTION_TENANT_ID", "AZURE_CLIENT_ID", ...pipeline]);
    assert.throws(() => assertComplete("azurePipelines", env), /needs SYSTEM_ACCESSTOKEN\. /);
    assert.doesNotThrow(() => assertComplete("clientSecret", holding([...ids, "FABRIC_CLIENT_SECRET"])));
  });

  it("A kind that does not exist is refused with those that do", () => {
    assert.equal(credentialSetting("azureCli"), "azureCli");
    assert.throws(() => credentialSetting("password"), /must be auto, accessToken, .* or azureDeveloperCli\./);
  });
});
