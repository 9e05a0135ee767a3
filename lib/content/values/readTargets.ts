import { isGuid } from "../../api/guid.ts";
import { closestName } from "../../config/closestName.ts";
import { isMissing, isObject } from "./reader.ts";
import type { Reader } from "./reader.ts";
import type { KeyPath } from "./place.ts";
import { EVERY_ENVIRONMENT } from "./rule.ts";
import type { BindingRule, ByEnvironment, PoolRule, SparkPool } from "./rule.ts";

const POOL_TYPES = ["Capacity", "Workspace"] as const;

/** An entry of `spark_pool`; undefined if it cannot be used. */
export function readPoolRule(reader: Reader, value: unknown, path: KeyPath): PoolRule | undefined {
  const known = ["instance_pool_id", "replace_value", "item_name"];
  const entry = reader.entry(value, path, known, ["instance_pool_id", "replace_value"]);
  if (!entry) return undefined;
  const instancePoolId = plainText(reader, entry["instance_pool_id"], [...path, "instance_pool_id"]);
  const itemNames = reader.texts(entry["item_name"], [...path, "item_name"]);
  const to = reader.byEnvironment(entry["replace_value"], [...path, "replace_value"], (one, at) =>
    readPool(reader, one, at),
  );
  return instancePoolId === undefined
    ? undefined
    : { kind: "spark_pool", place: reader.placeOf(path), instancePoolId, ...(itemNames && { itemNames }), to };
}

function readPool(reader: Reader, value: unknown, path: KeyPath): SparkPool | undefined {
  const pool = reader.entry(value, path, ["type", "name"], ["type", "name"]);
  if (!pool) return undefined;
  const name = plainText(reader, pool["name"], [...path, "name"]);
  const type = POOL_TYPES.find((known) => known === pool["type"]);
  if (!type) {
    const meant = typeof pool["type"] === "string" ? closestName(pool["type"], POOL_TYPES) : undefined;
    reader.problem([...path, "type"], `must be Capacity or Workspace${meant ? `; did you mean ${meant}?` : ""}`);
  }
  return type && name !== undefined ? { type, name } : undefined;
}

/**
 * The value of `semantic_model_binding`: an object with `default` and `models`, or the old list, whose connections are for all
 * environments.
 */
export function readBindings(reader: Reader, value: unknown, path: KeyPath): BindingRule[] {
  if (Array.isArray(value)) return readOldBindings(reader, value, path, "connection_id", "semantic_model_name");
  const entry = reader.entry(value, path, ["default", "models"], []);
  if (!entry) return [];
  if (!("default" in entry) && !("models" in entry)) reader.problem(path, "must have default or models");
  const rules: BindingRule[] = [];
  if ("default" in entry) {
    const at = [...path, "default"];
    const standard = reader.entry(entry["default"], at, ["connection_id"], ["connection_id"]);
    if (standard)
      rules.push(binding(reader, at, readConnections(reader, standard["connection_id"], [...at, "connection_id"])));
  }
  const models = "models" in entry ? (reader.list(entry["models"], [...path, "models"]) ?? []) : [];
  models.forEach((model, index) => {
    const at = [...path, "models", index];
    const keys = ["semantic_model_name", "connection_id"];
    const one = reader.entry(model, at, keys, keys);
    if (!one) return;
    const names = readNames(reader, one["semantic_model_name"], [...at, "semantic_model_name"]);
    const to = readConnections(reader, one["connection_id"], [...at, "connection_id"]);
    if (names) rules.push(binding(reader, at, to, names));
  });
  return rules;
}

/** The old list form; also that of `gateway_binding`, with other names of its keys. */
export function readOldBindings(
  reader: Reader,
  value: unknown,
  path: KeyPath,
  idKey: string,
  nameKey: string,
): BindingRule[] {
  const entries = reader.list(value, path) ?? [];
  reader.warn(path, "is in its old form; the one that lasts is semantic_model_binding with default and models");
  return entries.flatMap((value, index) => {
    const at = [...path, index];
    const entry = reader.entry(value, at, [idKey, nameKey], [idKey, nameKey]);
    if (!entry) return [];
    const names = readNames(reader, entry[nameKey], [...at, nameKey]);
    if (isObject(entry[idKey])) {
      return (
        reader.problem([...at, idKey], "cannot differ by environment in this old form; use default and models") ?? []
      );
    }
    const id = readConnection(reader, entry[idKey], [...at, idKey]);
    return names && id !== undefined ? [binding(reader, at, new Map([[EVERY_ENVIRONMENT, [id]]]), names)] : [];
  });
}

function binding(
  reader: Reader,
  path: KeyPath,
  to: ByEnvironment<readonly string[]>,
  models?: readonly string[],
): BindingRule {
  return { kind: "semantic_model_binding", place: reader.placeOf(path), ...(models && { models }), to };
}

function readNames(reader: Reader, value: unknown, path: KeyPath): readonly string[] | undefined {
  const names = reader.texts(value, path);
  return names ?? reader.problem(path, "must not be empty");
}

function readConnections(reader: Reader, value: unknown, path: KeyPath): ByEnvironment<readonly string[]> {
  return reader.byEnvironment(value, path, (one, at) => {
    if (isMissing(one) || (Array.isArray(one) && one.length === 0)) return reader.problem(at, "must not be empty");
    if (!Array.isArray(one)) {
      const id = readConnection(reader, one, at);
      return id === undefined ? undefined : [id];
    }
    const ids = one.map((id: unknown, index) => readConnection(reader, id, [...at, index]));
    return ids.filter((id) => id !== undefined);
  });
}

function readConnection(reader: Reader, value: unknown, path: KeyPath): string | undefined {
  const id = plainText(reader, value, path);
  if (id === undefined || isGuid(id)) return id;
  return reader.problem(path, "must be the id of a connection, like 01234567-89ab-cdef-0123-456789abcdef");
}

/** Text in which nothing is put in. */
function plainText(reader: Reader, value: unknown, path: KeyPath): string | undefined {
  const text = reader.text(value, path);
  if (text === undefined || !/^\$(items|workspace)\.|\$ENV:/.test(text)) return text;
  return reader.problem(path, "cannot be a dynamic value; those stand in find_replace and key_value_replace");
}
