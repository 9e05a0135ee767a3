import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { basename, join, relative } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { assertReadableFolder, assertSharedBackend, backendUrl } from "../../../lib/project/stateBackend.ts";
import { assertTrustedEndpoint, trustedVaultUrl } from "../../../lib/api/trustedHost.ts";

describe("hosts that may be sent a token", () => {
  it("Hosts that may be sent a token are Fabric's, Power BI's and Graph's in all clouds, and this machine", () => {
    for (const url of [
      "https://api.fabric.microsoft.com/v1",
      "https://abc.z12.w.api.fabric.microsoft.com/v1",
      "https://api.powerbi.com/v1",
      "https://graph.microsoft.com",
      "https://api.fabric.microsoft.us/v1",
      "https://graph.microsoft.us",
      "https://api.fabric.azure.cn/v1",
      "http://127.0.0.1:8080/v1",
      "http://localhost:1",
      "http://[::1]:1",
      "https://localhost:1",
    ])
      assert.ok(assertTrustedEndpoint(url, {}), url);
  });

  it("Hosts that may be sent a token are no others, also when they look alike or are not https", () => {
    for (const url of [
      "https://example.com",
      "https://api.fabric.microsoft.com.example.com",
      "https://xapi.fabric.microsoft.com",
      "https://xapi.powerbi.com",
      "https://api.powerbi.com.example.com",
      "https://api-fabric-microsoft.com",
      "http://api.fabric.microsoft.com",
      "https://128.0.0.1",
      "http://127.0.0.1.example.com",
      "ftp://localhost",
      "file:///etc",
      "nonsense",
      "",
    ])
      assert.throws(() => assertTrustedEndpoint(url, {}), Error, url);
  });

  it("Hosts that may be sent a token are extended by the environment, host by host", () => {
    const env = { FABRIC_ALLOWED_HOSTS: "proxy.example.com, other.example.com:8443" };
    assert.ok(assertTrustedEndpoint("https://PROXY.example.com/v1", env));
    assert.ok(assertTrustedEndpoint("https://other.example.com:8443/v1", env));
    assert.throws(
      () => assertTrustedEndpoint("https://other.example.com/v1", env),
      /FABRIC_ALLOWED_HOSTS=other\.example\.com/,
    );
    assert.throws(() => assertTrustedEndpoint("http://proxy.example.com/v1", env), /https only/);
  });
});

describe("the vault of a stack", () => {
  it("The vault of a stack is Key Vault's in all clouds, this machine, or one that the environment names", () => {
    for (const url of [
      "https://contoso-dev.vault.azure.net",
      "https://contoso.vault.usgovcloudapi.net/",
      "https://contoso.vault.azure.cn",
      "https://127.0.0.1:8443",
    ])
      assert.equal(trustedVaultUrl(url, {}), url);
    const own = "https://vault.contoso.example";
    assert.equal(trustedVaultUrl(own, { FABRIC_ALLOWED_HOSTS: "vault.contoso.example" }), own);
    assert.equal(trustedVaultUrl(undefined, {}), undefined);
  });

  it("The vault of a stack is no other by configuration alone, and KEY_VAULT_URL wins", () => {
    for (const host of ["vault.example", "vault.azure.net", "x.vault.azure.net.example", "a.b.vault.azure.net"]) {
      assert.throws(() => trustedVaultUrl(`https://${host}`, {}), new RegExp(`FABRIC_ALLOWED_HOSTS=${host}`), host);
    }
    const KEY_VAULT_URL = "https://runner.example";
    assert.equal(trustedVaultUrl("https://vault.example", { KEY_VAULT_URL }), KEY_VAULT_URL);
  });
});

describe("the place of the state", () => {
  const project = mkdtempSync(join(tmpdir(), "fabric-project-"));
  writeFileSync(
    join(project, "Pulumi.yaml"),
    "name: fabric\nbackend:\n  url: file://./.fabric/state?create_dir=true\n",
  );

  it("The place of the state is the project's setting, unless the environment names another", () => {
    assert.equal(backendUrl(project, {}), "file://./.fabric/state?create_dir=true");
    assert.equal(backendUrl(project, { PULUMI_BACKEND_URL: "azblob://state" }), "azblob://state");
  });

  it("The place of the state may be the clone for stack local, and for others only where that is allowed", () => {
    assertSharedBackend("local", false, {}, project);
    assertSharedBackend("dev", true, {}, project);
    for (const PULUMI_BACKEND_URL of ["azblob://state", "https://api.pulumi.com", "file:///elsewhere/state"])
      assertSharedBackend("dev", false, { PULUMI_BACKEND_URL }, project);
    for (const PULUMI_BACKEND_URL of ["", `file://${project}/state`, "file://./x"]) {
      assert.throws(
        () => assertSharedBackend("dev", false, { PULUMI_BACKEND_URL }, project),
        /Stack 'dev' would keep its state in this clone/,
      );
    }
  });

  it("The place of the state is the clone in every spelling of a folder inside it", () => {
    const clone = join(mkdtempSync(join(tmpdir(), "fabric-project-")), "my [clone] 100%#?");
    mkdirSync(clone);
    writeFileSync(join(clone, "Pulumi.yaml"), "name: fabric\n");
    const link = join(clone, "../link");
    symlinkSync(clone, link);
    const way = relative(userInfo().homedir, clone);
    const inside = [
      ...["file://", "file://.", "file://./", "file://./x", "file://x/y", "file://./x/../y", "file://..x"],
      ...[
        "file://./x?create_dir=true",
        "file://./x#y",
        "file://./%2e/x",
        "file://./%78",
        `file://../${encodeURIComponent(basename(clone))}`,
      ],
      ...["FILE://./x", "File:x", `FILE:${pathToFileURL(clone).pathname}`],
      ...[clone, `${clone}/`, `${clone}/a/../b/`, `${clone}/..b`, link, `${link}/not/there/yet`].map(
        (path) => pathToFileURL(path).href,
      ),
      ...[`file://~/${way.split("/").map(encodeURIComponent).join("/")}/x`],
    ];
    for (const PULUMI_BACKEND_URL of inside)
      assert.throws(
        () => assertSharedBackend("dev", false, { PULUMI_BACKEND_URL }, clone),
        /in this clone/,
        PULUMI_BACKEND_URL,
      );
    symlinkSync(tmpdir(), join(clone, "away"));
    const outside = [
      ...[
        "file://..",
        "file://../x",
        "file://./../other",
        "file://~",
        "file://~/x",
        "file://./away/x",
        "file://%2e%2e/x",
      ],
      ...[join(clone, ".."), `${clone}2/x`, `${link}/../x`].map((path) => pathToFileURL(path).href),
      // what Pulumi reads is not what looks like the clone
      `file://${clone}`,
    ];
    for (const PULUMI_BACKEND_URL of outside) assertSharedBackend("dev", false, { PULUMI_BACKEND_URL }, clone);
  });

  it("The place of the state is refused where Pulumi would take another folder for this one, with a URL that it reads rightly", () => {
    const clone = join(mkdtempSync(join(tmpdir(), "fabric-project-")), "My%20Repo");
    mkdirSync(clone);
    writeFileSync(join(clone, "Pulumi.yaml"), "backend:\n  url: file://./.fabric/state?create_dir=true\n");
    assert.throws(
      () => assertReadableFolder({}, clone),
      /would be in .*My Repo\/\.fabric\/state instead of .*My%20Repo\/\.fabric\/state, .*'file:.*My%2520Repo\/\.fabric\/state\?create_dir=true'/,
    );
    for (const PULUMI_BACKEND_URL of ["azblob://state", pathToFileURL(clone).href, "file://~/x"])
      assertReadableFolder({ PULUMI_BACKEND_URL }, clone);
    assertReadableFolder({}, project);
  });
});
