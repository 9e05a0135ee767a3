import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FeatureFlags, flagVariables } from "../../lib/featureFlags.ts";
import type { FlagName } from "../../lib/featureFlags.ts";

const names = Object.keys(flagVariables) as FlagName[];

describe("feature flags", () => {
  it("Feature flags are all off until somebody says otherwise", () => {
    const flags = FeatureFlags.load({}, {});
    for (const name of names) assert.deepEqual([flags[name], flags.source(name)], [false, "default"]);
  });

  it("Feature flags come from the stack, and each variable overrides its own", () => {
    for (const name of names) {
      const flags = FeatureFlags.load({ [name]: true }, {});
      assert.deepEqual([flags[name], flags.source(name)], [true, "stack"]);
      const overridden = FeatureFlags.load({ [name]: true }, { [flagVariables[name]]: "false" });
      assert.deepEqual([overridden[name], overridden.source(name)], [false, "environment"]);
    }
  });

  it("Feature flags take true and false in any case, and an empty variable for none", () => {
    for (const text of ["true", "TRUE", " True "])
      assert.equal(FeatureFlags.load({}, { FEATURE_USE_ROLLBACK: text }).useRollback, true);
    assert.equal(FeatureFlags.load({ useRollback: true }, { FEATURE_USE_ROLLBACK: "FALSE" }).useRollback, false);
    assert.equal(FeatureFlags.load({ useRollback: true }, { FEATURE_USE_ROLLBACK: "" }).source("useRollback"), "stack");
  });

  it("Feature flags refuse anything else, naming every wrong variable", () => {
    for (const text of ["1", "yes", "on", "tru"]) {
      assert.throws(() => FeatureFlags.load({}, { FEATURE_USE_ROLLBACK: text, FEATURE_USE_TELEMETRY: text }), {
        message: "FEATURE_USE_TELEMETRY, FEATURE_USE_ROLLBACK: must be true or false.",
      });
    }
  });

  it("Feature flags tell value and source of each in one line", () => {
    const line = FeatureFlags.load({ useRetryLogic: true }, { FEATURE_USE_ROLLBACK: "true" }).describe();
    assert.match(line, /useRetryLogic on \(stack\)/);
    assert.match(line, /useRollback on \(environment\)/);
    assert.match(line, /useTelemetry off \(default\)/);
  });

  it("Feature flags can be demanded all, and then name those that are off with their source", () => {
    const all = Object.fromEntries(names.map((name) => [name, true]));
    FeatureFlags.load(all, {}).assertAllOn();
    const some = FeatureFlags.load({ ...all, useKeyVault: false }, { FEATURE_USE_ROLLBACK: "false" });
    assert.throws(() => some.assertAllOn(), /useKeyVault \(stack\), useRollback \(FEATURE_USE_ROLLBACK\)/);
  });
});
