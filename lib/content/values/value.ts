/** What JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Text to replace in an item's files. Plain JSON, so that it can be an input of a resource. */
export interface TextValue {
  /** Text to find; with `regex` a regular expression of Python whose only group is replaced. It may be dynamic without `regex`. */
  readonly find: string;
  /** `find` is a regular expression. */
  readonly regex?: true;
  /** Letters of both cases are equal. */
  readonly ignoreCase?: true;
  /** Paths and patterns relative to the repository folder; absent for all files of the item. */
  readonly files?: readonly string[];
  /** Text to put in, or a dynamic value as it was written: `$items.Lakehouse.Sales.$id`. */
  readonly to: string;
}

/** A value to replace in an item's JSON and YAML files. Plain JSON, so that it can be an input of a resource. */
export interface KeyedValue {
  /** JSONPath of the value. */
  readonly key: string;
  /** Paths and patterns relative to the repository folder; absent for all files of the item. */
  readonly files?: readonly string[];
  /** What to put in; a text may be a dynamic value as it was written. */
  readonly to: JsonValue;
}

/** One value that applies to an item. */
export type Value = TextValue | KeyedValue;
