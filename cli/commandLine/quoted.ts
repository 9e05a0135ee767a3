/** A text as one word of a shell, whatever it holds: people copy the lines that name it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
