/** Removes the `--` of npm's syntax, which pnpm passes on after the script's own words. */
export function withoutSeparator(args: readonly string[]): readonly string[];
