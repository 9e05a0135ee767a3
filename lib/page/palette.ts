import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The colours of the project's pages, light and dark, as a style sheet. */
export const palette = (): string => readFileSync(join(import.meta.dirname, "palette.css"), "utf8");
