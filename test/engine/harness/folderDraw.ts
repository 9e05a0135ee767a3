import { isDeepStrictEqual } from "node:util";
import { posix } from "node:path";
import { stringify } from "yaml";
import type { Environment } from "./environmentWalk.ts";
import { randomOf } from "./existingEnvironment.ts";
import { FOREIGN_ID, PLACEHOLDER, slots } from "./folderItems.ts";
import type { Slot, Target } from "./folderItems.ts";
import type { Pair } from "./randomPoint.ts";

/*
 * Pairs of environments by chance whose items come from folders: content, references, renamed and moved items, values per
 * environment, value sets, publishes, orphans. The second one is the first one with a share of its properties drawn again.
 */

interface ItemDraw {
  readonly isThere: boolean;
  readonly name: number;
  readonly description: string | undefined;
  readonly place: string;
  /** Name of its directory. */
  readonly directory: number;
  readonly content: number;
  /** Which of the possible targets each reference means. */
  readonly targets: readonly number[];
  readonly valueSets: readonly string[];
}

interface WorkspaceDraw {
  readonly isThere: boolean;
  readonly description: string | undefined;
  /** A folder of items, or each item of it by itself. */
  readonly isByPath: boolean;
  readonly folder: string | undefined;
  readonly orphans: string | undefined;
  readonly exclude: readonly string[] | undefined;
  /** Key of the resource of one item. */
  readonly ownKey: string | undefined;
  readonly ownDescription: string | undefined;
  readonly valueSet: string | undefined;
  readonly adopt: boolean;
}

interface FolderDraw {
  readonly environment: string;
  readonly rule: number;
  readonly ownRule: number;
  readonly items: readonly ItemDraw[];
  readonly workspaces: readonly WorkspaceDraw[];
  /** Whether the second workspace has the same folder, or one of its own that refers to items of the first one. */
  readonly isShared: boolean;
  readonly peek: ItemDraw;
}

type Pools<T> = { readonly [K in keyof T]: readonly T[K][] };

const names = [(key: string) => key, (key: string) => `${key} v2`, (key: string) => key.toUpperCase()];
const common = "common";
const directories = [(key: string) => key, (key: string) => `${key}2`];
const places = ["", "", "load", "load/daily", "Rohdaten ü"];
const workspaceNames = ["retail", "second"];

const itemPools: Pools<Omit<ItemDraw, "targets">> = {
  isThere: [true, true, true, false],
  name: [0, 0, 1, 2, 3],
  description: [undefined, "first", 'it\'s 100% "new": ü'],
  place: places,
  directory: [0, 0, 1],
  content: [1, 2, 3],
  valueSets: [["dev", "prod"], ["prod", "dev"], ["dev"], ["prod"], []],
};
const workspacePools: Pools<Omit<WorkspaceDraw, "isThere" | "adopt">> = {
  description: [undefined, "about"],
  isByPath: [false, false, false, true],
  folder: [undefined, "/shop", "/shop/sub"],
  orphans: [undefined, "report", "delete"],
  exclude: [undefined, undefined, ["*.Report"], ["notes*", "facts*"]],
  ownKey: [undefined, undefined, "own key"],
  ownDescription: [undefined, "from the entry"],
  valueSet: [undefined, undefined, "dev", "prod"],
};

/** Draws a pair of environments with folders. */
export function drawFolderPair(pair: number): Pair {
  const random = randomOf(pair * 6_700_417);
  const one = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const from = again(undefined, 1);
  for (let share = one([0.04, 0.08, 0.15, 0.3]); ; share += 0.02) {
    const to = again(from, share);
    const [first, second] = [environmentOf(from), environmentOf(to)];
    const settings = { contentDrift: pair % 2 === 0 };
    if (!isDeepStrictEqual(first, second))
      return { from: withSettings(first, settings), to: withSettings(second, settings) };
  }

  function again(before: FolderDraw | undefined, share: number): FolderDraw {
    const draw = <T>(was: { readonly value: T } | undefined, pool: readonly T[]): T => {
      const drawn = one(pool);
      return !was || random() < share ? drawn : was.value;
    };
    const properties = <T extends object>(was: T | undefined, pools: Pools<T>): T =>
      Object.fromEntries(
        Object.entries(pools).map(([key, pool]) => [
          key,
          draw(was && { value: was[key as keyof T] }, pool as readonly T[keyof T][]),
        ]),
      ) as T;
    const item = (was: ItemDraw | undefined): ItemDraw => ({
      ...properties<Omit<ItemDraw, "targets">>(was, itemPools),
      targets: [0, 1].map((index) => draw(was && { value: was.targets[index] ?? 0 }, [0, 1, 2])),
    });
    return {
      environment: draw(before && { value: before.environment }, ["dev", "prod", "test"]),
      rule: draw(before && { value: before.rule }, [0, 1, 2, 3]),
      ownRule: draw(before && { value: before.ownRule }, [0, 1, 2]),
      isShared: draw(before && { value: before.isShared }, [true, false]),
      items: slots.map((_, index) => item(before?.items[index])),
      peek: item(before?.peek),
      workspaces: workspaceNames.map((_, index) => ({
        ...properties(
          before?.workspaces[index] as Omit<WorkspaceDraw, "isThere" | "adopt"> | undefined,
          workspacePools,
        ),
        adopt: draw(before && { value: before.workspaces[index]?.adopt ?? false }, [false, false, true]),
        isThere: index === 0 || draw(before && { value: before.workspaces[index]?.isThere ?? false }, [true, false]),
      })),
    };
  }
}

const withSettings = (environment: Environment, settings: object): Environment => ({
  ...environment,
  settings: { ...environment.settings, ...settings },
});

/** An item with its place. */
interface Placed {
  readonly slot: Slot;
  readonly draw: ItemDraw;
  readonly displayName: string;
  /** Its folder, relative to the root of the tree. */
  readonly relative: string;
  readonly place: string;
}

function environmentOf(draw: FolderDraw): Environment {
  const placed = placedOf(draw);
  const files: Record<string, string> = {};
  for (const item of placed) Object.assign(files, filesOf(item, placed, "items/shop"));
  Object.assign(files, rulesOf(draw.rule, placed));
  const workspaces = draw.workspaces.flatMap((workspace, index): object[] => {
    if (!workspace.isThere) return [];
    const isOwn = index === 1 && !draw.isShared;
    if (isOwn) Object.assign(files, peekFiles(draw, placed));
    const items = isOwn
      ? [{ from: "items/second", ...(workspace.folder && { folder: workspace.folder }) }]
      : workspace.isByPath
        ? entriesByPath(workspace, placed)
        : [entryOf(workspace, placed)];
    const { description } = workspace;
    return [{ name: workspaceNames[index], capacity: "local", ...(description && { description }), items }];
  });
  const values = ownRules[draw.ownRule];
  return {
    workspaces,
    files,
    contents: [],
    settings: { environment: draw.environment, ...(values && { values }) },
  };
}

/** The items that are there, with names that are unique by type. */
function placedOf({ items }: FolderDraw): readonly Placed[] {
  const placed: Placed[] = [];
  for (const [index, slot] of slots.entries()) {
    const draw = items[index];
    const parent = placed.find(({ slot: { key } }) => key === slot.parent);
    if (!draw?.isThere || (slot.parent && !parent)) continue;
    const anyName = names[draw.name]?.(slot.key) ?? common;
    // the service takes no spaces there
    const wanted = slot.type === "Lakehouse" ? anyName.replaceAll(" ", "_") : anyName;
    const isTaken = placed.some((other) => other.slot.type === slot.type && other.displayName === wanted);
    const directory = `${directories[draw.directory]?.(slot.key) ?? slot.key}.${slot.type}`;
    const place = parent ? parent.place : draw.place;
    const above = parent ? `${parent.relative}/.children` : draw.place;
    const displayName = isTaken ? slot.key : wanted;
    placed.push({ slot, draw, displayName, relative: posix.join(above, directory), place });
  }
  return placed;
}

function filesOf(
  { slot, draw, displayName, relative }: Placed,
  placed: readonly Placed[],
  root: string,
  ownRoot = root,
): Record<string, string> {
  const { key, type, logicalId } = slot;
  const path = `${ownRoot}/${relative}`;
  const targets = slot.references.map((keys, index): Target | undefined => {
    const choice = draw.targets[index] ?? 0;
    // the last choice is no reference, but for what cannot be without
    if (choice >= keys.length && type !== "KQLDatabase" && choice === 2) return undefined;
    const there = placed.filter(({ slot: other }) => keys.includes(other.key));
    const target = there[choice % Math.max(there.length, 1)];
    return target && { logicalId: target.slot.logicalId, path: posix.relative(path, `${root}/${target.relative}`) };
  });
  const content = slot.files({ text: `${key} ${draw.content}`, targets, own: logicalId, valueSets: draw.valueSets });
  const metadata = { type, displayName, ...(draw.description && { description: draw.description }) };
  const all = { ...content, ".platform": JSON.stringify({ metadata, config: { version: "2.0", logicalId } }) };
  return Object.fromEntries(Object.entries(all).map(([file, text]) => [`${path}/${file}`, text]));
}

/** The folder of the second workspace: a notebook that refers to what the first one has. */
function peekFiles({ peek }: FolderDraw, placed: readonly Placed[]): Record<string, string> {
  const slot = slots.find(({ key }) => key === "loads") as Slot;
  const own = { ...slot, key: "peek", logicalId: "5eed0000-0000-4000-8000-000000000099" };
  const relative = posix.join(peek.place, "peek.Notebook");
  return filesOf(
    { slot: own, draw: peek, displayName: names[peek.name]?.("peek") ?? "peek", relative, place: peek.place },
    placed,
    "items/shop",
    "items/second",
  );
}

/** Options of single items. */
function optionsOf({ ownKey, ownDescription, valueSet }: WorkspaceDraw, item: Placed): object {
  const { slot, draw } = item;
  return {
    ...(slot.key === "loads" && ownKey && { name: ownKey }),
    ...(slot.key === "checks" && ownDescription && { description: ownDescription }),
    ...(slot.type === "VariableLibrary" &&
      valueSet &&
      draw.valueSets.includes(valueSet) && { activeValueSet: valueSet }),
  };
}

function entryOf(workspace: WorkspaceDraw, placed: readonly Placed[]): object {
  const { folder, orphans, exclude, adopt } = workspace;
  const isLeftOut = ({ slot: { key, type } }: Placed) =>
    exclude?.some((glob) => (glob.startsWith("*") ? glob === `*.${type}` : key.startsWith(glob.slice(0, -1)))) ?? false;
  const options = placed.flatMap((item): [string, object][] => {
    const own = optionsOf(workspace, item);
    return isLeftOut(item) || Object.keys(own).length === 0 ? [] : [[item.relative, own]];
  });
  return {
    from: "items/shop",
    ...(folder && { folder }),
    ...(orphans && { orphans }),
    ...(exclude && { exclude }),
    ...(adopt && { adopt }),
    ...(options.length > 0 && { items: Object.fromEntries(options) }),
  };
}

/** The same items one by one. What lies in an eventhouse needs its folder, and goes with what refers to it. */
function entriesByPath(workspace: WorkspaceDraw, placed: readonly Placed[]): object[] {
  const { folder = "", adopt } = workspace;
  const left = ["telemetry", "events", "doors"];
  return placed
    .filter(({ slot }) => !left.includes(slot.key))
    .map((item) => {
      const place = [folder, item.place].filter((part) => part !== "").join("/");
      const { slot, displayName } = item;
      return {
        // the service gives the definition of a warehouse to nobody
        ...(slot.type === "Warehouse" ? { type: slot.type, displayName } : { path: `items/shop/${item.relative}` }),
        ...(place !== "" && { folder: place.startsWith("/") ? place : `/${place}` }),
        ...(adopt && { adopt }),
        ...optionsOf(workspace, item),
      };
    });
}

/** `parameter.yml` of the folder. */
function rulesOf(rule: number, placed: readonly Placed[]): Record<string, string> {
  if (rule === 0) return {};
  const lakehouse = placed.find(({ slot }) => slot.type === "Lakehouse");
  const rules = {
    find_replace: [
      {
        find_value: PLACEHOLDER,
        replace_value: { dev: `dev ${rule}`, prod: `prod ${rule === 3 ? 2 : rule}` },
        item_type: "Notebook",
      },
      ...(lakehouse && rule > 1
        ? [
            {
              find_value: FOREIGN_ID,
              replace_value: { _ALL_: `$items.Lakehouse.${lakehouse.displayName}.$id` },
              item_type: "Notebook",
            },
          ]
        : []),
    ],
    key_value_replace: [
      {
        find_key: '$.properties.activities[?(@.name=="Run 0")].policy.retry',
        replace_value: { dev: 0, prod: rule },
        item_type: "DataPipeline",
      },
    ],
  };
  return { "items/shop/parameter.yml": stringify(rules) };
}

/** `fabric:values` of the stack. */
const ownRules: readonly (object | undefined)[] = [
  undefined,
  { find_replace: [{ find_value: "runtime_version: 1.3", replace_value: { _ALL_: "runtime_version: 1.2" } }] },
  { find_replace: [{ find_value: "Latest", replace_value: { dev: "Latest of dev", prod: "Latest" } }] },
];
