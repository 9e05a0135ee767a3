/** An item of the configuration, as far as its identity depends on it. */
export interface DeclaredIdentity {
  /** Key of the resource from the configuration; absent if the configuration names none. */
  readonly name?: string | undefined;
  readonly type: string;
  readonly displayName: string;
  /** Folder of the item's definition. */
  readonly path?: string | undefined;
  /** From `.platform`; absent if it is all zeros. */
  readonly logicalId?: string | undefined;
}

/** An item of the state, in the same workspace. */
export interface FormerIdentity extends DeclaredIdentity {
  /** Key of its resource. */
  readonly name: string;
}

/** The key of a resource. */
export interface ItemKey {
  readonly name: string;
  /** The key that the item had before, if it is another. */
  readonly formerName?: string | undefined;
}

/** The key of an item that nothing else names. */
export const defaultKey = ({ type, displayName }: Pick<DeclaredIdentity, "type" | "displayName">): string =>
  `${type}/${displayName}`;

/**
 * The keys of the resources of a workspace's items. An item is the same item as in the state if its logical id is the same, else
 * if its path is the same, else if type and name are the same: the display name may change, and so may the folder. Such an item keeps the key that
 * it was first given, so that it is changed in place. A new item never gets the key of an item that is still declared. Pure.
 * @param declared the items of the configuration
 * @param former the items in the state
 * @returns a key for each declared item, in the same order
 */
export function itemKeys(declared: readonly DeclaredIdentity[], former: readonly FormerIdentity[]): readonly ItemKey[] {
  const known = new Map<DeclaredIdentity, FormerIdentity>();
  const unclaimed = new Set(former);
  const claim = (isSame: (one: DeclaredIdentity, other: FormerIdentity) => boolean) => {
    for (const one of declared) {
      if (known.has(one) || one.path === undefined) continue;
      const same = [...unclaimed].find((other) => other.type === one.type && isSame(one, other));
      if (!same) continue;
      known.set(one, same);
      unclaimed.delete(same);
    }
  };
  // keys that the configuration names are certain
  for (const one of declared) {
    const same = one.name === undefined ? undefined : former.find(({ name }) => name === one.name);
    if (same) unclaimed.delete(same);
  }
  const isNamed = (one: DeclaredIdentity) => one.name !== undefined && former.some(({ name }) => name === one.name);
  claim((one, other) => !isNamed(one) && one.logicalId !== undefined && one.logicalId === other.logicalId);
  claim((one, other) => !isNamed(one) && one.path === other.path);
  // the service has only one item of a type and name, so another item could not be made beside it
  claim((one, other) => !isNamed(one) && other.displayName.toLowerCase() === one.displayName.toLowerCase());

  const taken = new Set(former.map(({ name }) => name));
  for (const { name } of declared) if (name !== undefined) taken.add(name);
  return declared.map((one) => {
    const same = known.get(one);
    if (one.name !== undefined) return { name: one.name, formerName: same?.name };
    if (same) return { name: same.name };
    const wanted = defaultKey(one);
    const isLeft = [...unclaimed].some(({ name }) => name === wanted);
    const free = !taken.has(wanted) || isLeft ? wanted : freeKey(one.path ?? wanted, taken);
    taken.add(free);
    return { name: free };
  });
}

/** The key itself, or with the first number that makes it unique. */
function freeKey(key: string, taken: ReadonlySet<string>): string {
  if (!taken.has(key)) return key;
  for (let number = 2; ; number++) if (!taken.has(`${key}#${number}`)) return `${key}#${number}`;
}
