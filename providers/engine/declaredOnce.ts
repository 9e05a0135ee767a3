/**
 * The objects of a kind that this process has seen declared. A create must not take an object that another resource manages,
 * because each resource would undo the other's changes. Examples: a person declared by name and by id, or an item that one
 * entry manages and another entry adopts.
 */
export class DeclaredOnce {
  readonly #staying = new Map<string, string>();
  readonly #created = new Map<string, string>();
  readonly #checked = new Set<string>();

  /** Notes what the program declares. */
  checked(title: string): void {
    this.#checked.add(title);
  }

  /**
   * Notes a resource that is in the state and that the program still declares. A refresh compares as well, also what nobody
   * declares any more: without a check before, nothing is noted.
   * @param title of the resource, for the error
   * @param declared its title as it is declared now
   * @throws Error if a create of this process has taken the object
   */
  stays(id: string, title: string, declared: string): void {
    if (!this.#checked.has(declared)) return;
    const other = this.#created.get(id.toLowerCase());
    if (other !== undefined) throw doublyDeclared(id, title, other);
    this.#staying.set(id.toLowerCase(), title);
  }

  /**
   * Notes the object that a create has made or found.
   * @throws Error if another resource manages the object
   */
  created(id: string, title: string): void {
    const other = this.#staying.get(id.toLowerCase()) ?? this.#created.get(id.toLowerCase());
    if (other !== undefined && other !== title) throw doublyDeclared(id, title, other);
    this.#created.set(id.toLowerCase(), title);
  }

  /** Notes that a resource has released its object, so that another resource may take it. */
  deleted(id: string): void {
    this.#staying.delete(id.toLowerCase());
  }
}

/** The refusal of a second declaration of one object. */
export const doublyDeclared = (id: string, title: string, other: string) =>
  new Error(`${title} and ${other} mean the same object (${id}). Declare it once: nothing was done to it.`);
