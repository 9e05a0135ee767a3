import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Redaction } from "../../../lib/telemetry/redaction.ts";

const nothing = new Redaction({}, () => []);

describe("Redaction", () => {
  it("Values of variables whose names look secret are taken out of texts, and those of others stay", () => {
    const env = { AZURE_CLIENT_SECRET: "canary-secret", MY_API_KEY: "canary-key", REGION: "westeurope" };
    const redaction = new Redaction(env, () => []);
    assert.equal(
      redaction.text("canary-secret and canary-key in westeurope"),
      "[redacted] and [redacted] in westeurope",
    );
  });

  it("Secrets that are learned in mid-run are taken out from then on", () => {
    const known = ["canary-first"];
    const redaction = new Redaction({}, () => known);
    assert.equal(redaction.text("canary-first canary-later"), "[redacted] canary-later");
    known.push("canary-later");
    assert.equal(redaction.text("canary-first canary-later"), "[redacted] [redacted]");
  });

  it("A secret that begins with another one leaves no rest", () => {
    const redaction = new Redaction({}, () => ["canary", "canary-and-more"]);
    assert.equal(redaction.text("it is canary-and-more"), "it is [redacted]");
  });

  it("A secret of three letters or fewer is no reason to take letters out of every text", () => {
    const redaction = new Redaction({ PASSWORD: "abc", TOKEN: "" }, () => ["is"]);
    assert.equal(redaction.text("abc is a text"), "abc is a text");
  });

  it("Tokens that nobody has announced are taken out wherever they stand", () => {
    const signed = "eyJhbGciOiJub25lIn0.eyJvaWQiOiJ4In0.signature";
    assert.equal(nothing.text(`sent Bearer abc.def-ghi, got '${signed}'`), "sent [redacted], got '[redacted]'");
  });

  it("Properties with secret names are taken out whatever they hold, also deep inside of others", () => {
    const clean = nothing.properties({ clientSecret: 1, nested: { connectionString: "x", region: "y" }, count: 3n });
    assert.deepEqual(clean, {
      clientSecret: "[redacted]",
      nested: '{"connectionString":"[redacted]","region":"y"}',
      count: "3",
    });
  });

  it("An error keeps its name, and neither its message nor its stack nor what hangs on it has the secret", () => {
    const redaction = new Redaction({}, () => ["canary-secret"]);
    const thrown = Object.assign(new TypeError("no canary-secret"), { config: { headers: "canary-secret" } });
    const clean = redaction.error(thrown);
    assert.deepEqual([clean.name, clean.message], ["TypeError", "no [redacted]"]);
    assert.match(clean.stack ?? "", /no \[redacted\]/);
    assert.doesNotMatch(clean.stack ?? "", /canary-secret/);
    assert.equal("config" in clean, false);
  });
});
