import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { allKinds, kinds } from "../../providers/kinds/kinds.ts";
import { check, diff } from "../../providers/engine/resourceKind.ts";
import { samplesOf, workspaceId } from "./samples.ts";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
for (const kind of allKinds) {
  describe(`a ${kind.name}`, () => {
    for (const [index, sample] of samplesOf(kind).entries()) {
      it(`A ${kind.name} is checked to what checking again does not change (sample ${index + 1})`, () => {
        const once = check(kind, {}, sample);
        assert.deepEqual(once.failures, []);
        const twice = check(kind, once.inputs, once.inputs);
        assert.deepEqual(twice, once);
        assert.deepEqual(diff(kind, once.inputs, twice.inputs), { replaces: [] });
        assert.deepEqual(JSON.parse(JSON.stringify(once.inputs)), once.inputs, "state can only hold JSON");
      });
    }

    it(`A ${kind.name} takes unknown values in a preview`, () => {
      const sample = Object.fromEntries(Object.keys(samplesOf(kind)[0] ?? {}).map((key) => [key, unknown]));
      assert.deepEqual(check(kind, {}, sample).failures, []);
    });

    it(`A ${kind.name} refuses a property that it does not have`, () => {
      const { failures } = check(kind, {}, { ...samplesOf(kind)[0], colour: "blue" });
      assert.deepEqual(
        failures.map(({ property }) => property),
        ["colour"],
      );
    });

    it(`A ${kind.name} keeps the spelling in state where case means nothing`, () => {
      const { inputs } = check(kind, {}, samplesOf(kind)[1] ?? {});
      const ignoringCase = Object.entries(kind.fields).filter(
        ([key, field]) => field.same && typeof inputs[key] === "string",
      );
      const shouted = {
        ...inputs,
        ...Object.fromEntries(ignoringCase.map(([key]) => [key, String(inputs[key] as string).toUpperCase()])),
      };
      assert.deepEqual(check(kind, inputs, shouted).inputs, inputs);
    });

    it(`A ${kind.name} is replaced for the fields that say so, and for no other`, () => {
      const { inputs } = check(kind, {}, samplesOf(kind)[1] ?? {});
      for (const [key, field] of Object.entries(kind.fields)) {
        const { replaces } = diff(kind, inputs, { ...inputs, [key]: "something else" });
        assert.deepEqual(replaces, field.change === "replace" ? [key] : []);
      }
    });
  });
}

describe("a GitConnection", () => {
  it("A GitConnection needs an owner and a connection for GitHub, organisation and project for AzureDevOps", () => {
    const base = { workspaceId, repositoryName: "r", branchName: "main" };
    const problemOf = (inputs: Record<string, unknown>) => check(kinds.gitConnection, {}, inputs).failures[0]?.property;
    assert.equal(problemOf({ ...base, gitProviderType: "GitHub" }), "ownerName");
    assert.equal(problemOf({ ...base, gitProviderType: "GitHub", ownerName: "o" }), "connectionId");
    assert.equal(problemOf({ ...base, gitProviderType: "AzureDevOps" }), "organizationName");
    assert.equal(problemOf({ ...base, gitProviderType: "AzureDevOps", organizationName: "o" }), "projectName");
  });
});

describe("an Item", () => {
  it("An Item says what is wrong with the folder of its definition", () => {
    const { failures } = check(
      kinds.item,
      {},
      { workspaceId, type: "Notebook", displayName: "x", path: "fabric/none.Notebook" },
    );
    assert.equal(failures[0]?.property, "path");
    assert.match(failures[0].reason, /fabric\/none\.Notebook/);
  });
});
