import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resolvedText } from "../../../lib/content/resolvedDefinition.ts";
import { ProjectFolder, id, notebook, pipeline } from "./projectFolder.ts";

const ZERO = "00000000-0000-0000-0000-000000000000";
const OWN = "aaaaaaaa-0000-4000-8000-000000000001";
const OTHER = "bbbbbbbb-0000-4000-8000-000000000002";
const LIVE = "cccccccc-0000-4000-8000-000000000003";

describe("an item of another workspace", () => {
  it("An item of another workspace is referred to with that workspace, where zeros stand for the own one beside it", () => {
    using project = new ProjectFolder({
      ...notebook("shared/n.Notebook", "n", id(1)),
      ...notebook("items/own.Notebook", "own", id(3)),
      ...pipeline("items/p.DataPipeline", "p", id(1)),
      ...pipeline("items/q.DataPipeline", "q", id(3)),
    });
    const { workspaces } = project.read([
      { name: "one", items: [{ from: "shared" }] },
      { name: "two", items: [{ from: "items" }] },
    ]);
    const [, p, q] = workspaces[1]?.items ?? [];
    assert.deepEqual(p?.references, [
      { key: id(1), attribute: "id", workspace: 0, item: 0 },
      { key: `${id(1)}#workspaceId`, attribute: "id", workspace: 0 },
    ]);
    assert.deepEqual(q?.references, [{ key: id(3), attribute: "id", workspace: 1, item: 0 }]);
  });

  it("An item of another workspace is sent with the id of that workspace, and items of the own one beside it are not", () => {
    const typeProperties = (notebookId: string, workspaceId: string) => ({
      typeProperties: { notebookId, workspaceId },
    });
    const text = JSON.stringify([typeProperties(id(1), ZERO), typeProperties(id(3), ZERO)], null, 2);
    const references = { [id(1)]: LIVE, [`${id(1)}#workspaceId`]: OTHER, [id(3)]: LIVE };
    const sent = resolvedText(
      { path: "pipeline-content.json", text },
      { type: "DataPipeline", workspaceId: OWN, references },
    );
    assert.deepEqual(JSON.parse(sent), [typeProperties(LIVE, OTHER), typeProperties(LIVE, OWN)]);
    const source = `# META {\n# META   "environment": {\n# META     "environmentId": "${id(1)}",\n# META     "workspaceId": "${ZERO}"\n# META   }\n# META }\n`;
    assert.equal(
      resolvedText({ path: "notebook-content.py", text: source }, { type: "Notebook", workspaceId: OWN, references }),
      source.replace(id(1), LIVE).replace(ZERO, OTHER),
    );
  });
});
