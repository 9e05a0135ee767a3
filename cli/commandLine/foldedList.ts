/** An object in a list for a terminal. */
export interface ListedObject {
  /** What is said of it: `created Item`. */
  readonly words: string;
  /** Its name, with `/` between folders. */
  readonly name: string;
  /** Its own line. */
  readonly line: string;
}

/** Most lines of a list that is shown whole. */
const SHOWN_WHOLE = 40;
/** Most members of a group that are listed one by one, and most names of a folded one. */
const LISTED = 4;

/** A list for a terminal. Hundreds of objects fold: one line for those of a folder of which the same is said. Pure. */
export function foldedList(objects: readonly ListedObject[], most = SHOWN_WHOLE): string[] {
  if (objects.length <= most) return objects.map(({ line }) => line);
  const groups = Map.groupBy(objects, ({ words, name }) => `${words}\n${folderOf(name)}`);
  return [...groups].flatMap(([key, own]) => {
    if (own.length <= LISTED) return own.map(({ line }) => line);
    const [words = "", folder = ""] = key.split("\n");
    const names = own.slice(0, LISTED).map(({ name }) => name.slice(folder === "" ? 0 : folder.length + 1));
    const where = folder === "" ? "" : ` in ${folder}`;
    return [`  ${words}${where}: ${own.length} (${names.join(", ")} and ${own.length - LISTED} more)`];
  });
}

const folderOf = (name: string) => name.slice(0, Math.max(0, name.lastIndexOf("/")));
