import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseParameterFile, parseValues } from "../../../../lib/content/values/parseRules.ts";
import { problemText } from "../../../../lib/content/values/place.ts";

/** What is wrong with a file, its text, and all its problems. */
type Broken = readonly [what: string, text: string, problems: readonly string[]];

/** A rule that is right as far as it goes, and more lines of it. */
const rule = (...more: string[]) =>
  [
    "find_replace:",
    "  - find_value: dev",
    "    replace_value:",
    "      PROD: prod",
    ...more.map((line) => `    ${line}`),
  ].join("\n");
/** A rule with this value for one environment, in line 3. */
const value = (text: string) => `find_replace:\n  - find_value: dev\n    replace_value: { PROD: ${text} }\n`;
/** A rule with this regular expression, in line 2. */
const regex = (text: string) =>
  `find_replace:\n  - find_value: ${text}\n    is_regex: "true"\n    replace_value: { PROD: b }\n`;
/** A rule with this path, in line 2. */
const key = (path: string, values = "{ PROD: b }") =>
  `key_value_replace:\n  - find_key: ${path}\n    replace_value: ${values}\n`;

const templates: Readonly<Record<string, string>> = {
  "nested.yml": "extend: [b.yml]\n",
  "templates/broken.yml": "find_replace:\n  - find_value: a\n    replace_value: [b]\n",
};

/** The message about a variable where none is taken. */
const noVariable = "cannot take an environment variable: $ENV: stands in find_value and replace_value";

const broken: readonly Broken[] = [
  ...["item_type", "item_name", "file_path"].map((name): Broken => [
    `a variable of the environment in ${name}`,
    rule(`${name}: $ENV:target`),
    [`parameter.yml:5 find_replace[0].${name}: ${noVariable}`],
  ]),
  [
    "a variable of the environment in a path",
    key(`$.l[?(@.n=="$ENV:name")].v`),
    [`parameter.yml:2 key_value_replace[0].find_key: ${noVariable}`],
  ],
  [
    "a tab as indentation",
    "find_replace:\n\t- find_value: a\n",
    ["parameter.yml:2: is not valid YAML: Tabs are not allowed as indentation"],
  ],
  [
    "a quote without its end",
    'find_replace:\n  - find_value: "a\n    replace_value: b\n',
    ['parameter.yml:4: is not valid YAML: Missing closing "quote'],
  ],
  [
    "an indentation that fits nowhere",
    "find_replace:\n  - find_value: a\n   replace_value: b\n",
    ["parameter.yml:3: is not valid YAML: Sequence item without - indicator"],
  ],
  [
    "an alias without an anchor",
    "find_replace: *nowhere\n",
    ["parameter.yml:1: is not valid YAML: no anchor &nowhere stands before the alias *nowhere"],
  ],
  [
    "an object that contains itself",
    "find_replace: &all\n  - find_value: a\n    replace_value: { PROD: *all }\n",
    ["parameter.yml: is not valid YAML here: an alias leads nowhere, to itself, or to very much"],
  ],
  [
    "a tag that YAML does not know",
    "find_replace: !list []\n",
    ["parameter.yml:1: is not valid YAML: Unresolved tag: !list"],
  ],
  [
    "two documents",
    "find_replace: []\n---\nspark_pool: []\n",
    ["parameter.yml:2: begins a second document with ---, and only one is read"],
  ],
  [
    "a list instead of an object",
    "- find_replace\n",
    [
      "parameter.yml:1: must be an object with find_replace, key_value_replace, spark_pool, semantic_model_binding and extend",
    ],
  ],
  [
    "a text instead of an object",
    "find_replace\n",
    [
      "parameter.yml:1: must be an object with find_replace, key_value_replace, spark_pool, semantic_model_binding and extend",
    ],
  ],
  [
    "another language",
    "def main():\n    return {\n",
    [
      "parameter.yml:1 def main(): unknown key; known are find_replace, key_value_replace, spark_pool, semantic_model_binding and extend",
    ],
  ],
  [
    "a section with a slip of the pen",
    "find_replaces: []\n",
    ["parameter.yml:1 find_replaces: unknown key; did you mean find_replace?"],
  ],
  [
    "a section that does not exist",
    "lakehouses: []\n",
    [
      "parameter.yml:1 lakehouses: unknown key; known are find_replace, key_value_replace, spark_pool, semantic_model_binding and extend",
    ],
  ],
  [
    "a section that occurs twice",
    "find_replace: []\nspark_pool: []\nfind_replace: []\n",
    ["parameter.yml:3 find_replace: occurs twice in this object; YAML would use the last one only"],
  ],
  [
    "a single rule instead of a list",
    "find_replace:\n  find_value: a\n  replace_value: {PROD: b}\n",
    ["parameter.yml:1 find_replace: must be a list"],
  ],
  [
    "a section without content",
    "find_replace:\nspark_pool: []\n",
    ["parameter.yml:1 find_replace: is empty: give it a list or remove the key"],
  ],
  [
    "a text instead of a rule",
    "find_replace:\n  - just text\n",
    [
      "parameter.yml:2 find_replace[0]: must be an object with find_value, replace_value, is_regex, ignore_case, item_type, item_name and file_path",
    ],
  ],
  [
    "a rule without replace_value",
    "find_replace:\n  - find_value: a\n",
    ["parameter.yml:2 find_replace[0].replace_value: required"],
  ],
  [
    "a rule without both keys",
    "find_replace:\n  - item_type: Notebook\n",
    ["parameter.yml:2 find_replace[0].find_value: required", "parameter.yml:2 find_replace[0].replace_value: required"],
  ],
  [
    "a key with a slip of the pen",
    rule("item_types: Notebook"),
    ["parameter.yml:5 find_replace[0].item_types: unknown key; did you mean item_type?"],
  ],
  [
    "a key that does not exist",
    rule("when: always"),
    [
      "parameter.yml:5 find_replace[0].when: unknown key; known are find_value, replace_value, is_regex, ignore_case, item_type, item_name and file_path",
    ],
  ],
  [
    "a key of another section",
    rule("find_key: $.a"),
    [
      "parameter.yml:5 find_replace[0].find_key: unknown key; known are find_value, replace_value, is_regex, ignore_case, item_type, item_name and file_path",
    ],
  ],
  [
    "an empty find_value",
    'find_replace:\n  - find_value: ""\n    replace_value: {PROD: b}\n',
    ["parameter.yml:2 find_replace[0].find_value: must not be empty"],
  ],
  [
    "a number as find_value",
    "find_replace:\n  - find_value: 5\n    replace_value: {PROD: b}\n",
    [
      "parameter.yml:2 find_replace[0].find_value: must be text: numbers, dates and words such as true, yes and off need quotes to be text",
    ],
  ],
  [
    "a list as replace_value",
    "find_replace:\n  - find_value: a\n    replace_value: [b]\n",
    [
      "parameter.yml:3 find_replace[0].replace_value: must be an object with a value for each environment, or _ALL_ for all, not a single value",
    ],
  ],
  [
    "a replace_value without environments",
    "find_replace:\n  - find_value: a\n    replace_value: {}\n",
    [
      "parameter.yml:3 find_replace[0].replace_value: must not be empty: give it a value for each environment, or _ALL_ for all",
    ],
  ],
  [
    "a replace_value without content",
    "find_replace:\n  - find_value: a\n    replace_value:\n",
    [
      "parameter.yml:3 find_replace[0].replace_value: must not be empty: give it a value for each environment, or _ALL_ for all",
    ],
  ],
  [
    "an environment without a value",
    "find_replace:\n  - find_value: a\n    replace_value:\n      PROD:\n",
    ["parameter.yml:4 find_replace[0].replace_value.PROD: must not be empty"],
  ],
  [
    "a word that is a boolean in YAML 1.1",
    "find_replace:\n  - find_value: a\n    replace_value:\n      PROD: yes\n",
    [
      "parameter.yml:4 find_replace[0].replace_value.PROD: must be text: numbers, dates and words such as true, yes and off need quotes to be text",
    ],
  ],
  [
    "a date without quotes",
    "find_replace:\n  - find_value: a\n    replace_value:\n      PROD: 2026-01-01\n",
    [
      "parameter.yml:4 find_replace[0].replace_value.PROD: must be text: numbers, dates and words such as true, yes and off need quotes to be text",
    ],
  ],
  [
    "an object as text",
    "find_replace:\n  - find_value: a\n    replace_value:\n      PROD: {id: x}\n",
    ["parameter.yml:4 find_replace[0].replace_value.PROD: must be text"],
  ],
  [
    "an environment that is a boolean in YAML 1.1",
    "find_replace:\n  - find_value: a\n    replace_value:\n      on: b\n",
    ["parameter.yml:3 find_replace[0].replace_value: has a key that YAML does not read as text: put the key in quotes"],
  ],
  [
    "environments that differ in case only",
    "find_replace:\n  - find_value: a\n    replace_value:\n      PROD: b\n      prod: c\n",
    ["parameter.yml:5 find_replace[0].replace_value.prod: differs only in case from PROD in line 4; keep one of both"],
  ],
  [
    "_ALL_ beside another environment",
    "find_replace:\n  - find_value: a\n    replace_value:\n      _all_: b\n      PROD: c\n",
    ["parameter.yml:4 find_replace[0].replace_value._all_: must be the only environment, but there is also PROD"],
  ],
  [
    "another word for true in is_regex",
    rule('is_regex: "yes"'),
    ['parameter.yml:5 find_replace[0].is_regex: must be "true" or "false"'],
  ],
  [
    "a number in ignore_case",
    rule("ignore_case: 1"),
    ['parameter.yml:5 find_replace[0].ignore_case: must be "true" or "false"'],
  ],
  [
    "a type in another case",
    rule("item_type: notebook"),
    ["parameter.yml:5 find_replace[0].item_type: must spell the type Notebook, not notebook"],
  ],
  [
    "a number in a list of names",
    rule("item_name: [A, 7]"),
    [
      "parameter.yml:5 find_replace[0].item_name[1]: must be text: numbers, dates and words such as true, yes and off need quotes to be text",
    ],
  ],
  ["an object as a name", rule("item_name: {a: b}"), ["parameter.yml:5 find_replace[0].item_name: must be text"]],
  [
    "a path that leaves the folder",
    rule("file_path: ../other/x.py"),
    ["parameter.yml:5 find_replace[0].file_path: must not leave the repository folder with .."],
  ],
  [
    "a path with a drive",
    rule('file_path: "C:\\\\dev\\\\x.py"'),
    [
      "parameter.yml:5 find_replace[0].file_path: must be relative to the repository folder, because the folder differs by machine",
    ],
  ],
  [
    "a path with alternatives in braces",
    rule('file_path: "**/{a,b}.json"'),
    ["parameter.yml:5 find_replace[0].file_path: has {…,…}, which is not expanded: give a list of paths instead"],
  ],
  [
    "a path with ** inside a name",
    rule('file_path: "src/**.json"'),
    [
      "parameter.yml:5 find_replace[0].file_path: has **.json, but ** stands for whole folders: write **/ before the rest",
    ],
  ],
  [
    "a path with an open bracket",
    rule('file_path: "src/[a.json"'),
    ["parameter.yml:5 find_replace[0].file_path: has a [ without its ] in [a.json"],
  ],
  [
    "a path that names nothing",
    rule('file_path: "/"'),
    ["parameter.yml:5 find_replace[0].file_path: must name a file"],
  ],
  [
    "an expression without a group",
    regex("id=\\d+"),
    [
      "parameter.yml:2 find_replace[0].find_value: must have exactly one group in ( ), whose text is replaced; it has none. Others are written (?:…)",
    ],
  ],
  [
    "an expression with two groups",
    regex("(a)(b)"),
    [
      "parameter.yml:2 find_replace[0].find_value: must have exactly one group in ( ), whose text is replaced; it has 2. Others are written (?:…)",
    ],
  ],
  [
    "an expression with an open group",
    regex("(a"),
    ["parameter.yml:2 find_replace[0].find_value: has a ( without its )"],
  ],
  [
    "an expression that matches everywhere",
    regex("(a*)"),
    ["parameter.yml:2 find_replace[0].find_value: can match an empty text, which is everywhere"],
  ],
  [
    "a possessive quantifier",
    regex("(a++)b"),
    [
      "parameter.yml:2 find_replace[0].find_value: has a possessive quantifier (such as *+), which JavaScript does not have; use a plain one",
    ],
  ],
  [
    "a condition in an expression",
    regex("(a)?(?(1)b|c)"),
    [
      "parameter.yml:2 find_replace[0].find_value: has a condition (?(…)…), which JavaScript does not have; use two rules",
    ],
  ],
  [
    "a reference to a group",
    regex("(a)\\1"),
    [
      "parameter.yml:2 find_replace[0].find_value: has \\1, which refers to what a group found; that differs between Python and JavaScript, so write it out",
    ],
  ],
  [
    "a dynamic value as an expression",
    regex("$workspace.Dev.$id"),
    [
      "parameter.yml:2 find_replace[0].find_value: cannot be a dynamic value and a regular expression at once: remove is_regex",
    ],
  ],
  [
    "an item of the target as find_value",
    "find_replace:\n  - find_value: $items.Lakehouse.LH.$id\n    replace_value: {PROD: b}\n",
    [
      "parameter.yml:2 find_replace[0].find_value: cannot be an item of the target, whose values no file of the source holds; name its workspace too",
    ],
  ],
  [
    "a find_value that only looks dynamic",
    "find_replace:\n  - find_value: $schema\n    replace_value: {PROD: b}\n",
    [
      "parameter.yml:2 find_replace[0].find_value: begins with $ like a dynamic value; use is_regex to find such a text as it is: (\\$…)",
    ],
  ],
  [
    "a dynamic value with a slip of the pen",
    value("$item.Lakehouse.LH.$id"),
    [
      "parameter.yml:3 find_replace[0].replace_value.PROD: begins with $, but is no dynamic value; did you mean $items?",
    ],
  ],
  [
    "an attribute with a slip of the pen",
    value("$items.Lakehouse.LH.$sqlendpont"),
    [
      "parameter.yml:3 find_replace[0].replace_value.PROD: asks for $sqlendpont, which is no attribute of an item; did you mean $sqlendpoint? Known: $id, $sqlendpoint, $sqlendpointid and $queryserviceuri",
    ],
  ],
  [
    "an attribute that does not exist",
    value("$items.Lakehouse.LH.$connectionString"),
    [
      "parameter.yml:3 find_replace[0].replace_value.PROD: asks for $connectionString, which is no attribute of an item; known: $id, $sqlendpoint, $sqlendpointid and $queryserviceuri",
    ],
  ],
  [
    "an attribute of another type",
    value("$items.Notebook.N.$sqlendpoint"),
    [
      "parameter.yml:3 find_replace[0].replace_value.PROD: asks for $sqlendpoint, which a Notebook does not have; it has $id",
    ],
  ],
  [
    "an item without an attribute",
    value("$items.Notebook.N"),
    [
      "parameter.yml:3 find_replace[0].replace_value.PROD: is incomplete: the form is $items.<type>.<name>.$<attribute>",
    ],
  ],
  [
    "a dynamic value whose type is in another case",
    value("$items.lakehouse.LH.$id"),
    ["parameter.yml:3 find_replace[0].replace_value.PROD: must spell the type Lakehouse, not lakehouse"],
  ],
  [
    "an attribute of the workspace with a slip of the pen",
    value("$workspace.$nam"),
    [
      "parameter.yml:3 find_replace[0].replace_value.PROD: asks for $nam, which is no attribute of a workspace; did you mean $name? Known: $id, $name and $name_encoded",
    ],
  ],
  [
    "a workspace with the name name",
    value("$workspace.name"),
    [
      "parameter.yml:3 find_replace[0].replace_value.PROD: is ambiguous: write $workspace.$name, or $workspace.name.$id for a workspace with the name name",
    ],
  ],
  [
    "the name of another workspace",
    value("$workspace.Dev.$name"),
    [
      "parameter.yml:3 find_replace[0].replace_value.PROD: asks for $name, which is no attribute of another workspace; known: $id",
    ],
  ],
  [
    "an item of a workspace without a name",
    value("$workspace.$items.Lakehouse.LH.$id"),
    ["parameter.yml:3 find_replace[0].replace_value.PROD: names no workspace between $workspace. and .$items"],
  ],
  [
    "an environment variable that is not allowed",
    value("$ENV:lakehouse"),
    [
      "parameter.yml:3 find_replace[0].replace_value.PROD: takes the environment variable lakehouse, but values from the environment are not allowed",
    ],
  ],
  [
    "an environment variable in another case",
    value("$env:lakehouse"),
    ["parameter.yml:3 find_replace[0].replace_value.PROD: spells $ENV: in another case"],
  ],
  [
    "a path that does not begin with $",
    key("variables.x"),
    ["parameter.yml:2 key_value_replace[0].find_key: must begin with $, the whole file"],
  ],
  [
    "a path of the whole file",
    key("$"),
    ["parameter.yml:2 key_value_replace[0].find_key: names the whole file; name a value in it"],
  ],
  [
    "a path with &&",
    key("$.l[?(@.a==1 && @.b==2)].c"),
    [
      "parameter.yml:2 key_value_replace[0].find_key: joins conditions in a way that fabric-cicd does not know; write & for and, and two rules for or",
    ],
  ],
  [
    "a path with a script",
    key("$.l[(@.length-1)]"),
    [
      "parameter.yml:2 key_value_replace[0].find_key: is not understood from (@.length-1)] on; names with other signs than letters need ['…']",
    ],
  ],
  [
    "a path with an open bracket in a filter",
    key('$.l[?(@.name=="x"].value'),
    [
      "parameter.yml:2 key_value_replace[0].find_key: is not understood from ].value on; names with other signs than letters need ['…']",
    ],
  ],
  [
    "values of different types",
    key("$.a", '{PPE: true, PROD: "true"}'),
    [
      "parameter.yml:3 key_value_replace[0].replace_value: must have values of one type, but has true or false for PPE and text for PROD",
    ],
  ],
  [
    "null as a value",
    key("$.a", "{PPE: null}"),
    ["parameter.yml:3 key_value_replace[0].replace_value.PPE: must not be empty"],
  ],
  [
    "a dynamic value inside a list",
    key("$.a", "{PPE: [$workspace.$id]}"),
    [
      "parameter.yml:3 key_value_replace[0].replace_value.PPE: has a dynamic value inside a list or object, where none is put in; name its key in find_key",
    ],
  ],
  [
    "is_regex beside find_key",
    "key_value_replace:\n  - find_key: $.a\n    is_regex: 'true'\n    replace_value: {PPE: a}\n",
    [
      "parameter.yml:3 key_value_replace[0].is_regex: unknown key; known are find_key, replace_value, item_type, item_name and file_path",
    ],
  ],
  [
    "a pool type in another case",
    "spark_pool:\n  - instance_pool_id: x\n    replace_value:\n      PROD: {type: capacity, name: big}\n",
    ["parameter.yml:4 spark_pool[0].replace_value.PROD.type: must be Capacity or Workspace; did you mean Capacity?"],
  ],
  [
    "a pool without a name",
    "spark_pool:\n  - instance_pool_id: x\n    replace_value:\n      PROD: {type: Capacity}\n",
    ["parameter.yml:4 spark_pool[0].replace_value.PROD.name: required"],
  ],
  [
    "a pool as text",
    "spark_pool:\n  - instance_pool_id: x\n    replace_value:\n      PROD: big\n",
    ["parameter.yml:4 spark_pool[0].replace_value.PROD: must be an object with type and name"],
  ],
  [
    "item_type beside a pool",
    "spark_pool:\n  - instance_pool_id: x\n    item_type: Environment\n    replace_value:\n      PROD: {type: Capacity, name: big}\n",
    ["parameter.yml:3 spark_pool[0].item_type: unknown key; did you mean item_name?"],
  ],
  [
    "an environment variable as a pool's name",
    'spark_pool:\n  - instance_pool_id: x\n    replace_value:\n      PROD: {type: Capacity, name: "$ENV:pool"}\n',
    [
      "parameter.yml:4 spark_pool[0].replace_value.PROD.name: cannot be a dynamic value; those stand in find_replace and key_value_replace",
    ],
  ],
  [
    "bindings without content",
    "semantic_model_binding: {}\n",
    ["parameter.yml:1 semantic_model_binding: must have default or models"],
  ],
  [
    "bindings in a mixture of both forms",
    "semantic_model_binding:\n  connection_id: x\n  semantic_model_name: y\n",
    [
      "parameter.yml:2 semantic_model_binding.connection_id: unknown key; known are default and models",
      "parameter.yml:3 semantic_model_binding.semantic_model_name: unknown key; known are default and models",
      "parameter.yml:1 semantic_model_binding: must have default or models",
    ],
  ],
  [
    "a connection that is no id",
    "semantic_model_binding:\n  default:\n    connection_id:\n      PROD: prod\n",
    [
      "parameter.yml:4 semantic_model_binding.default.connection_id.PROD: must be the id of a connection, like 01234567-89ab-cdef-0123-456789abcdef",
    ],
  ],
  [
    "a list of connections with one that is no id",
    "semantic_model_binding:\n  models:\n    - semantic_model_name: [A]\n      connection_id:\n        PROD: [01234567-89ab-cdef-0123-456789abcdef, x]\n",
    [
      "parameter.yml:5 semantic_model_binding.models[0].connection_id.PROD[1]: must be the id of a connection, like 01234567-89ab-cdef-0123-456789abcdef",
    ],
  ],
  [
    "empty lists of models and connections",
    "semantic_model_binding:\n  models:\n    - semantic_model_name: []\n      connection_id:\n        PROD: []\n",
    [
      "parameter.yml:3 semantic_model_binding.models[0].semantic_model_name: must not be empty",
      "parameter.yml:5 semantic_model_binding.models[0].connection_id.PROD: must not be empty",
    ],
  ],
  [
    "a model that is bound twice",
    "semantic_model_binding:\n  models:\n    - semantic_model_name: A\n      connection_id:\n        PROD: 01234567-89ab-cdef-0123-456789abcdef\n    - semantic_model_name: [B, A]\n      connection_id:\n        _ALL_: 01234567-89ab-cdef-0123-456789abcdef\n",
    [
      "parameter.yml:6 semantic_model_binding.models[1]: is for a model and an environment that have their connections from semantic_model_binding.models[0] in line 3; give one entry a list of them",
    ],
  ],
  [
    "environments in the old form of bindings",
    "semantic_model_binding:\n  - semantic_model_name: A\n    connection_id:\n      PROD: 01234567-89ab-cdef-0123-456789abcdef\n",
    [
      "parameter.yml:3 semantic_model_binding[0].connection_id: cannot differ by environment in this old form; use default and models",
    ],
  ],
  ["extend as text", "extend: ./a.yml\n", ["parameter.yml:1 extend: must be a list"]],
  [
    "a template that does not exist",
    "extend:\n  - ./a.yml\n",
    ["parameter.yml:2 extend[0]: names a.yml, which does not exist beside the parameter file"],
  ],
  [
    "a template that extends another one",
    "extend:\n  - ./nested.yml\n",
    ["nested.yml:1 extend: cannot stand in a file that is itself extended: name all files in the parameter file"],
  ],
  [
    "a template with a mistake",
    "extend:\n  - templates/broken.yml\n",
    [
      "templates/broken.yml:3 find_replace[0].replace_value: must be an object with a value for each environment, or _ALL_ for all, not a single value",
    ],
  ],
  [
    "several mistakes at once",
    "find_replace:\n  - find_value: a\n    replace_value: [b]\n  - find_vlue: c\n    replace_value: {PROD: 1}\nkey_value_replace:\n  - find_key: x\n    replace_value: {}\n",
    [
      "parameter.yml:3 find_replace[0].replace_value: must be an object with a value for each environment, or _ALL_ for all, not a single value",
      "parameter.yml:4 find_replace[1].find_vlue: unknown key; did you mean find_value?",
      "parameter.yml:7 key_value_replace[0].find_key: must begin with $, the whole file",
      "parameter.yml:8 key_value_replace[0].replace_value: must not be empty: give it a value for each environment, or _ALL_ for all",
    ],
  ],
];

describe("A broken parameter file is told with its line", () => {
  for (const [what, text, problems] of broken) {
    test(`A broken parameter file is told with its line: ${what}`, () => {
      const parsed = parseParameterFile(text, "parameter.yml", { readTemplate: (path) => templates[path] });
      assert.deepEqual(parsed.problems.map(problemText), problems);
    });
  }

  test("Every message about a broken parameter file names a file and a fault", () => {
    for (const [, , problems] of broken) {
      assert.ok(problems.length > 0);
      for (const problem of problems) assert.match(problem, /\.yml.*: ./);
    }
  });
});

describe("Values in the stack's configuration are told with their path", () => {
  const at = "fabric:workspaces[0].content.values";
  const problemsOf = (values: unknown) => parseValues(values, at).problems.map(problemText);

  test("A list for all environments is refused with its path", () => {
    assert.deepEqual(problemsOf({ find_replace: [{ find_value: "a", replace_value: ["b"] }] }), [
      `${at}.find_replace[0].replace_value: must be an object with a value for each environment, or _ALL_ for all, not a single value`,
    ]);
  });

  test("Templates are refused, because there is no file that they could lie beside", () => {
    assert.deepEqual(problemsOf({ extend: ["a.yml"] }), [
      `${at}.extend: is only for parameter files: put the rules here`,
    ]);
  });

  test("Anything but an object is refused", () => {
    const message = `${at}: must be an object with find_replace, key_value_replace, spark_pool and semantic_model_binding`;
    for (const wrong of [[], "text", 5, true]) assert.deepEqual(problemsOf(wrong), [message]);
  });

  test("No rules at all are no mistake", () => {
    assert.deepEqual(problemsOf({}), []);
    assert.deepEqual(problemsOf(undefined), []);
  });
});
