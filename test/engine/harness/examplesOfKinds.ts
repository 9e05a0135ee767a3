import { kindsIn } from "../../../providers/kinds/kinds.ts";

export const inWorkspaces = kindsIn("workspace").flatMap(({ entry }) => entry ?? []);
export const ofTenant = kindsIn("stack").flatMap(({ entry }) => entry ?? []);

/** A stack with the example of every entry that a kind brings along, and two workspaces. */
export const everything = {
  ...Object.fromEntries(ofTenant.map(({ key, example }) => [key, example])),
  workspaces: [
    { name: "other" },
    { name: "sales", capacity: "local", ...Object.fromEntries(inWorkspaces.map(({ key, example }) => [key, example])) },
  ],
};
export const nothing = { workspaces: [{ name: "other" }, { name: "sales", capacity: "local" }] };
