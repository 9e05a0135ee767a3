/** Gives this process a folder for what it keeps, if its user has none; answers what to tell. */
export function settleHome(env?: NodeJS.ProcessEnv): string | undefined;
