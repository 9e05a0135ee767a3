import assert from "node:assert/strict";
import { homedir, userInfo } from "node:os";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { absoluteBackend, isRelativeBackend, meantStateFolder, stateFolder } from "../../../lib/project/stateFolder.ts";

/** Folders of this project, most of whose names mean something in a URL, a pattern, a shell or a regular expression. */
const printable = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index));
const characters = [...printable.filter((character) => character !== "/"), "\t", "\n", "\r", "\u0001", "\u007f"];
const names = [
  ...characters.flatMap((character) => [`a${character}b`, `${character}a`, `a${character}`]),
  ...[
    "My Repo",
    "My%20Repo",
    "My%2520Repo",
    "%2e%2e",
    "%2Fx",
    "%00",
    "%zz",
    "100%",
    "%E9",
    "a#b?c=d&e",
    "[x]{y,z}*!(w)",
  ],
  ...[
    "é ü",
    "e\u0301",
    "日本",
    "🧵",
    "...",
    "..x",
    "~",
    "~root",
    "C:",
    "file:",
    "-dash",
    "dot.",
    " lead",
    "trail ",
    "n".repeat(200),
  ],
];
const ownBackend = "file://./.fabric/state?create_dir=true&metadata=skip";

describe("the URL of a relative backend", () => {
  it("The URL of a relative backend is read as the folder that is meant, whatever the project's folder is called", () => {
    assert.ok(names.length > 300);
    for (const name of names) {
      const url = absoluteBackend(ownBackend, `/home/${name}`);
      assert.equal(isRelativeBackend(url), false, name);
      const folder = `/home/${name}/.fabric/state`;
      assert.deepEqual([stateFolder(url, "/other"), fileURLToPath(url)], [folder, folder], url);
      assert.equal(new URL(url).search, "?create_dir=true&metadata=skip", url);
    }
  });

  it("The URL of a relative backend keeps its own path as Pulumi reads it, in every spelling", () => {
    for (const [url, folder] of [
      ["file://rel/state", "/a%20b/rel/state"],
      ["file://./rel%20x/state?create_dir=true", "/a%20b/rel x/state"],
      ["file://../y/", "/y"],
      ["file://", "/a%20b"],
      ["file://.", "/a%20b"],
      ["FILE://./x", "/a%20b/x/x"],
      ["file:anything", "/a%20b"],
    ] as const)
      assert.equal(stateFolder(absoluteBackend(url, "/a%20b"), "/other"), folder, url);
  });

  it("The URL of a relative backend leaves URLs alone that name a folder by themselves, and those of other backends", () => {
    for (const url of [
      "file:///a/b?metadata=skip",
      "file://~",
      "file://~/x",
      "FILE:///x",
      "azblob://state",
      "https://x.example",
    ])
      assert.equal(absoluteBackend(url, "/a%20b"), url);
  });
});

describe("the folder of a backend's URL", () => {
  // each was tried on the CLI itself, in the folder /p
  it("The folder of a backend's URL is the one that Pulumi's CLI takes", () => {
    const home = userInfo().homedir;
    for (const [url, folder] of [
      ["file:///a/b", "/a/b"],
      ["file:///a/b/?create_dir=true", "/a/b"],
      ["file:///a/../b", "/b"],
      ["file:///a/%2e%2e/b", "/b"],
      ["file:///a%2Fb", "/a/b"],
      ["file:///a%20b", "/a b"],
      ["file:///a b", "/a b"],
      ["file:///a\\b", "/a\\b"],
      ["file:///a;b&c+d", "/a;b&c+d"],
      ["file:///a#b/c", "/a"],
      ["file:///a?b#c", "/a"],
      ["file://./rel", "/p/rel"],
      ["file://rel/state", "/p/rel/state"],
      ["file://localhost/x", "/p/localhost/x"],
      ["file://", "/p"],
      ["file://.", "/p"],
      ["file://..", "/"],
      ["file://~", home],
      ["file://~/x", `${home}/x`],
      ["file://~qx", `${home}/x`],
      // other spellings of the scheme: the path is used twice
      ["FILE:///a/b", "/a/b/a/b"],
      ["file:/a/b", "/a/b/a/b"],
      ["File://./x", "/p/x/x"],
      ["file:x", "/p"],
      ["FILE://host/a", "/a/a"],
    ] as const)
      assert.equal(stateFolder(url, "/p"), folder, url);
    for (const url of ["", "azblob://state", "https://api.pulumi.com", "s3://x", "profile://x", " file:///x"])
      assert.equal(stateFolder(url, "/p"), undefined, url);
  });

  it("The folder of a backend's URL is another one than is meant, where Pulumi takes the current folder for a part of the URL", () => {
    const read = (name: string) => stateFolder(ownBackend, `/home/${name}`);
    assert.equal(read("My Repo"), "/home/My Repo/.fabric/state");
    assert.equal(read("My%20Repo"), "/home/My Repo/.fabric/state");
    assert.equal(read("a#b"), "/home/a");
    assert.equal(meantStateFolder(ownBackend, "/home/My%20Repo"), "/home/My%20Repo/.fabric/state");
  });

  it("The folder of a backend's URL is by the system's list of users where it begins with ~, whatever HOME says", () => {
    const before = process.env["HOME"];
    process.env["HOME"] = "/nowhere";
    try {
      assert.equal(homedir(), "/nowhere");
      assert.equal(stateFolder("file://~", "/p"), userInfo().homedir);
    } finally {
      if (before === undefined) delete process.env["HOME"];
      else process.env["HOME"] = before;
    }
  });
});
