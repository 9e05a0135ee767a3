import * as provider from "@pulumi/pulumi/provider/index.js";

/*
 * Stands in for azure-native's plugin, whose real one is a big download and needs Azure. It keeps no objects: whatever is
 * declared comes to be, with made-up outputs, and is reported to whom AZURE_DOUBLE_REPORTS names. So it shows what the engine
 * makes of the program (order, protection, secrets), and is no check of what Azure accepts.
 */

type Inputs = Record<string, unknown>;

const report = async (event: "created" | "updated" | "deleted", urn: string, inputs: Inputs) => {
  const [type, name] = urn
    .split("::")
    .slice(-2)
    .map((part) => part.split("$").at(-1));
  const body = JSON.stringify({ event, type, name, inputs });
  await fetch(process.env["AZURE_DOUBLE_REPORTS"] ?? "", { method: "POST", body });
};

await provider.main(
  {
    version: "3.28.0",
    check: async (_urn, _olds, news: Inputs) => ({ inputs: news }),
    diff: async (_id, _urn, olds: Inputs, news: Inputs) => ({
      changes: Object.keys(news).some((key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key])),
    }),
    async create(urn, inputs: Inputs) {
      const name = urn.split("::").at(-1) ?? "";
      await report("created", urn, inputs);
      const computed = ["connectionString", "instrumentationKey", "clientId", "principalId"];
      const outs = { ...Object.fromEntries(computed.map((key) => [key, `${key} of ${name}`])), ...inputs, name };
      return { id: `/id/of/${name}`, outs };
    },
    async update(_id, urn, olds: Inputs, news: Inputs) {
      await report("updated", urn, news);
      return { outs: { ...olds, ...news } };
    },
    read: async (id, _urn, props: Inputs) => ({ id, props }),
    delete: async (_id, urn, props: Inputs) => report("deleted", urn, props),
  },
  process.argv.slice(2),
);
