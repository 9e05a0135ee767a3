import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { deployed, inputsOf, kindOf } from "./providerBench.ts";
import type { Deployed } from "./providerBench.ts";
import { Rolled } from "./rolled.ts";

/* What nobody declares, in a rollback: roles and items that a transaction took away with what held them. */

const quick = { isPatient: false };

describe("what nobody declares", () => {
  const roleOfBob = ({ bench }: Rolled) =>
    bench.emulator.service.roles.all().find(({ principalId }) => principalId === known.bob)?.role;

  /** A transaction takes away what a refresh of its own has shown. */
  async function takenAway(one: Rolled, made: Deployed): Promise<void> {
    await one.save(made);
    const process = await one.bench.process(made.kind, {}, quick);
    const { inputs } = await process.read(made.id, made.olds);
    await process.end();
    await one.update({ ...made, olds: { ...made.olds, ...inputs } }, inputsOf(kindOf(made.kind), made.olds));
  }

  /** A role of Bob's that nobody declares, and that a transaction has taken away. */
  async function roleTakenAway(one: Rolled) {
    const workspaceId = await one.workspace();
    const made = await deployed(one.bench, "unlistedUsers", { workspaceId, listed: [] });
    const role = { workspaceId, principal: known.bob, type: "User", role: "Viewer" };
    await deployed(one.bench, "workspaceUser", role, { stack: "other" });
    await takenAway(one, made);
    return { made, role };
  }

  it("A rollback gives roles back that nobody declares and that only a refresh of its transaction had shown", async () => {
    await using one = await Rolled.start();
    const { made } = await roleTakenAway(one);
    assert.equal(roleOfBob(one), undefined);
    assert.deepEqual(await one.givenBack(made), []);
    assert.equal(roleOfBob(one), "Viewer");
  });

  it("A rollback leaves the role that somebody has given a person whose undeclared one is gone, and tells it", async () => {
    await using one = await Rolled.start();
    const { made, role } = await roleTakenAway(one);
    await deployed(one.bench, "workspaceUser", { ...role, role: "Member" }, { stack: "third" });
    const [told = "", ...others] = await one.givenBack(made);
    assert.match(
      told,
      /^bob@contoso.com has got the role Member from somebody else, which stays; before, it was Viewer/,
    );
    assert.deepEqual(others, []);
    assert.equal(roleOfBob(one), "Member");
  });

  for (const isReadable of [true, false])
    it(`A rollback makes an item again that nobody declares, once, and ${isReadable ? "with its definition" : "tells that nobody could read its definition"}`, async () => {
      await using one = await Rolled.start();
      const workspaceId = await one.workspace();
      const made = await deployed(one.bench, "unlistedItems", { workspaceId, listed: [], deletedAs: "sales" });
      const item = { workspaceId, type: "Notebook", displayName: "old" };
      const theirs = await deployed(one.bench, "item", item, { ...quick, stack: "other" });
      one.edit(theirs.id, "Notebook", "theirs");
      const read = { method: "POST", route: "/workspaces/{workspaceId}/items/{itemId}/getDefinition" } as const;
      if (!isReadable)
        one.bench.emulator.faults([{ ...read, times: "forever", status: 400, errorCode: "ItemHasProtectedLabel" }]);
      await takenAway(one, made);
      assert.equal(one.item(theirs.id), undefined);
      for (const _attempt of [1, 2]) {
        const told = await one.givenBack(made);
        assert.deepEqual(
          told,
          isReadable ? [] : ["Notebook 'old' had to be made anew, and its definition cannot be given back"],
        );
        const [again, ...others] = one.bench.emulator.service.items.all();
        assert.deepEqual(others, []);
        assert.equal(again?.displayName, "old");
        if (isReadable) assert.match(one.content(`${workspaceId}/${again?.id ?? ""}`), /theirs/);
      }
    });
});
