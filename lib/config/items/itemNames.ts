/*
 * Rules of the service for the display names of items, by type. Only what its documentation says is here: the service decides
 * about everything else. It checks them when it makes or renames an item, so an item that exists may have another name.
 */

/** A rule for names. */
interface NameRule {
  /** Names that the service may take. */
  readonly pattern: RegExp;
  /** The rule in words; completes "has a name of …". */
  readonly words: string;
  readonly longest?: number;
  readonly reserved?: readonly string[];
}

const WORD_FROM_LETTER = /^[a-z][a-z\d_]*$/i;
// spaces are not documented, and the service's own samples have them
const OF_EVENTHOUSES: NameRule = {
  pattern: /^[\p{L}\p{M}\p{N} _.-]+$/u,
  words: "letters, digits, _, . and -",
};
const OF_ONTOLOGIES: NameRule = {
  pattern: WORD_FROM_LETTER,
  words: "letters, digits and _, beginning with a letter",
  longest: 99,
};

const rules: Readonly<Record<string, NameRule>> = {
  // https://learn.microsoft.com/fabric/data-engineering/create-lakehouse
  Lakehouse: {
    pattern: WORD_FROM_LETTER,
    words: "letters (A to Z), digits and _, beginning with a letter",
    longest: 123,
  },
  // https://learn.microsoft.com/rest/api/fabric/eventhouse/items/create-eventhouse
  Eventhouse: OF_EVENTHOUSES,
  // https://learn.microsoft.com/rest/api/fabric/kqldatabase/items/create-kql-database
  KQLDatabase: OF_EVENTHOUSES,
  // https://learn.microsoft.com/rest/api/fabric/ontology/items/create-ontology
  Ontology: OF_ONTOLOGIES,
  // https://learn.microsoft.com/rest/api/fabric/digitaltwinbuilder/items/create-digital-twin-builder
  DigitalTwinBuilder: OF_ONTOLOGIES,
  // https://learn.microsoft.com/rest/api/fabric/appbackend/items/create-app-backend
  AppBackend: {
    pattern: /^[^<>*%&:\\/?#![\]=@^"';()`]*[^<>*%&:\\/?#![\]=@^"';()`. ]$/,
    words: "characters other than < > * % & : \\ / ? # ! [ ] = @ ^ \" ' ; ( ) `, without . or a space at its end",
    longest: 91,
    reserved: ["master", "msdb", "model", "tempdb", "resource"],
  },
  // https://learn.microsoft.com/fabric/database/sql/limitations
  SQLDatabase: {
    pattern: /^[^![\]<>*%&:/?#=@^"';()]+$/,
    words: "characters other than ! [ ] < > * % & : / ? # = @ ^ \" ' ; ( )",
  },
  // https://learn.microsoft.com/fabric/cicd/variable-library/variable-types
  VariableLibrary: {
    pattern: /^\p{L}[\p{L}\p{M}\p{N} _-]*$/u,
    words: "letters, digits, _, - and spaces, beginning with a letter",
  },
};

/** Why the service makes no item of that type with that name; completes "`lh-demo` …". Undefined if nothing is known against it. */
export function itemNameProblem(type: string, displayName: string): string | undefined {
  const rule = rules[type];
  if (!rule) return undefined;
  if (!rule.pattern.test(displayName))
    return `is no name that the service takes for a ${type}: it has names of ${rule.words}`;
  if (rule.longest !== undefined && displayName.length > rule.longest)
    return `is too long for a ${type}, whose names have at most ${rule.longest} characters`;
  if (rule.reserved?.includes(displayName.toLowerCase())) return `is a name that the service keeps for itself`;
  return undefined;
}
