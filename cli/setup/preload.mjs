/** The Node option that loads a file into every process, as a part of NODE_OPTIONS. */
export function preloadOption(file) {
  // Node reads a backslash in quotes as an escape
  return `--require "${file.replaceAll("\\", "/").replaceAll('"', '\\"')}"`;
}
