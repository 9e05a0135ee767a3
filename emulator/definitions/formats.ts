import type { Definition, Part } from "./definition.ts";
import { asGitSource, asIpynb } from "./notebookFormats.ts";

/** Gives parts back in a format, by type and format (in lower case). An empty format is the type's default. */
const conversions: Readonly<Record<string, Readonly<Record<string, (parts: readonly Part[]) => Part[]>>>> = {
  Notebook: { ipynb: asIpynb, "": asGitSource, fabricgitsource: asGitSource },
  // recorded: the file of the first format, without the files of the job
  SparkJobDefinition: { sparkjobdefinitionv1: (parts) => parts.filter(({ path }) => !/^(Main|Libs)\//.test(path)) },
};

/**
 * The parts of a definition in the format that a call asks for. Types without conversions give them back as they came, and so
 * does a call without a format if the parts came without one.
 */
export const inFormat = (type: string, { parts, format }: Definition, wanted: string | undefined): readonly Part[] =>
  wanted === undefined && format === undefined
    ? parts
    : (conversions[type]?.[wanted?.toLowerCase() ?? ""]?.(parts) ?? parts);
