import { notebookSource } from "./notebookSource.ts";

/** Content that the service takes, by type, with a text in it. */
const contents: Readonly<Record<string, (text: string) => Readonly<Record<string, string>>>> = {
  Notebook: (text) => ({ "notebook-content.py": notebookSource(`# ${text}\n`) }),
  DataPipeline: (text) => ({ "pipeline-content.json": JSON.stringify({ properties: { description: text } }) }),
  Lakehouse: (text) => ({ "lakehouse.metadata.json": JSON.stringify({ text }) }),
  Environment: (text) => ({ "Setting/Sparkcompute.yml": `text: ${JSON.stringify(text)}\n` }),
  KQLQueryset: (text) => ({ "RealTimeQueryset.json": JSON.stringify({ text }) }),
  SemanticModel: (text) => ({
    "definition.pbism": JSON.stringify({ version: "4.0", settings: {} }),
    "model.bim": JSON.stringify({ model: { description: text } }),
  }),
};

/** Files of an item that the service takes, with a text in them. Types that no test needs have one file of any name. */
export const itemFiles = (type: string, text: string): Readonly<Record<string, string>> =>
  contents[type]?.(text) ?? { "content.json": JSON.stringify({ text }) };

/** The same as parts of a definition. */
export const itemParts = (type: string, text: string) =>
  Object.entries(itemFiles(type, text)).map(([path, content]) => ({
    path,
    payload: Buffer.from(content).toString("base64"),
    payloadType: "InlineBase64" as const,
  }));
