import { readFileSync, writeFileSync } from "node:fs";
import { classesFile, classesText } from "./docs/resourceClasses.ts";
import { scriptOptions } from "./commandLine/scriptOptions.ts";
import { derivedPage, pages, schemaFiles } from "./docs/derived.ts";

/* `npm run docs`: writes the parts of the documentation that are derived from the configuration schema and the kinds. */

const usage = `Usage: npm run docs

Writes what is derived from the sources: the tables of keys and kinds in the documentation, pulumi.schema.json,
workspaces.schema.json, and the classes of the package. It takes no options.`;

scriptOptions({ script: "docs", usage }, () => undefined);

for (const page of pages) write(page, derivedPage(readFileSync(page, "utf8")));
for (const [file, textOf] of Object.entries(schemaFiles)) write(file, textOf());
write(classesFile, await classesText(process.cwd()));

function write(file: string, text: string): void {
  writeFileSync(file, text);
  console.log(`Wrote ${file}.`);
}
