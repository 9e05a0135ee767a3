/** Gives this process a folder for its files, if its user has none; returns a message for the user, if there is one. */
export function settleHome(env?: NodeJS.ProcessEnv): string | undefined;
