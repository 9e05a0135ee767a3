import { readFileSync } from "node:fs";
import { join } from "node:path";

const asset = (name: string) => readFileSync(join(import.meta.dirname, name), "utf8");

/** The colours of the project's pages, light and dark, as a style sheet. */
export const palette = (): string => asset("palette.css");

/** The style that all pages begin with: colours, text, links and focus. */
export const pageStyle = (): string => palette() + asset("base.css");
