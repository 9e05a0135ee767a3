const prologue = "# Fabric notebook source\n\n";

/** Text as the source of a notebook in Git's format. The service refuses a source without this first line. */
export const notebookSource = (text: string): string => `${prologue}${text}`;

/** A notebook's definition with some text. */
export const notebookParts = (text: string) => [
  {
    path: "notebook-content.py",
    payload: Buffer.from(notebookSource(text)).toString("base64"),
    payloadType: "InlineBase64" as const,
  },
];

/** The text in a part with a notebook's source. */
export const notebookText = (part: { readonly payload: string } | undefined): string =>
  Buffer.from(part?.payload ?? "", "base64")
    .toString()
    .replace(prologue, "");
