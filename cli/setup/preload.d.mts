/** The Node option that loads a file into every process, as a part of NODE_OPTIONS. */
export function preloadOption(file: string): string;
