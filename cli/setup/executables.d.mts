/** The folders of PATH, in order. */
export function pathFolders(path?: string): string[];
/** The path of an executable file in a folder, if it is there. */
export function executableIn(folder: string, name: string): string | undefined;
