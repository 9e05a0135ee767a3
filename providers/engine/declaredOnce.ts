/**
 * The objects of a kind that this process has seen declared, so that a create does not take one that another resource stands for:
 * a person by name and by id, or an item that one entry has and another one adopts. Each would undo what the other makes.
 */
export class DeclaredOnce {
  readonly #staying = new Map<string, string>();
  readonly #created = new Map<string, string>();

  /**
   * Notes a resource that the state has and the program declares.
   * @param title of the resource, for the error
   * @throws Error if a create of this process has taken its object
   */
  stays(id: string, title: string): void {
    const other = this.#created.get(id.toLowerCase());
    if (other !== undefined) throw doublyDeclared(id, title, other);
    this.#staying.set(id.toLowerCase(), title);
  }

  /**
   * Notes what a create has made or found.
   * @throws Error if another resource stands for that object
   */
  created(id: string, title: string): void {
    const other = this.#staying.get(id.toLowerCase()) ?? this.#created.get(id.toLowerCase());
    if (other !== undefined && other !== title) throw doublyDeclared(id, title, other);
    this.#created.set(id.toLowerCase(), title);
  }

  /** Notes that a resource has given its object up, so that another one may take it. */
  deleted(id: string): void {
    this.#staying.delete(id.toLowerCase());
  }
}

const doublyDeclared = (id: string, title: string, other: string) =>
  new Error(`${title} and ${other} mean the same object (${id}). Declare it once: nothing was done to it.`);
