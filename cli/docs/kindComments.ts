import { join } from "node:path";
import ts from "typescript";
import { compilerOptions } from "./compilerOptions.ts";

/* What the kinds' source says: documentation comments, and types of outputs. Neither is there when the code runs. */

/** A property of a kind in its source. */
export interface SourceProperty {
  /** Its documentation comment; empty if it has none. */
  readonly says: string;
  /** Its type, written out. */
  readonly type: string;
  readonly isOptional: boolean;
}

/** A kind in its source. */
export interface KindSource {
  readonly says: string;
  /** By name of the field; without types. */
  readonly fields: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, SourceProperty>;
}

/**
 * The source of all kinds, by their names in `kinds`.
 * @param projectRoot folder with tsconfig.json
 */
export function readKindSources(projectRoot: string): ReadonlyMap<string, KindSource> {
  const file = join(projectRoot, "providers", "kinds", "kinds.ts");
  const program = ts.createProgram([file], compilerOptions(projectRoot));
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  const kinds = module && checker.getExportsOfModule(module).find(({ name }) => name === "kinds");
  if (!source || !kinds) throw new Error(`There are no kinds in ${file}.`);
  const properties = checker.getTypeOfSymbolAtLocation(kinds, source).getProperties();
  return new Map(properties.map((kind) => [kind.name, sourceOf(checker, source, kind)]));
}

function sourceOf(checker: ts.TypeChecker, source: ts.SourceFile, kind: ts.Symbol): KindSource {
  const type = checker.getTypeOfSymbolAtLocation(kind, source);
  const typeOf = (symbol: ts.Symbol | undefined) => symbol && checker.getTypeOfSymbolAtLocation(symbol, source);
  const fields = typeOf(type.getProperty("fields"))?.getProperties() ?? [];
  // the outputs are what `update` results in
  const update = typeOf(type.getProperty("update"))?.getCallSignatures()[0]?.getReturnType();
  const made = update && checker.getAwaitedType(update);
  return {
    says: commentOf(checker, declared(checker, kind)),
    fields: new Map(fields.map((field) => [field.name, commentOf(checker, field)])),
    outputs: new Map(
      (made?.getProperties() ?? []).map((output) => [
        output.name,
        {
          says: commentOf(checker, output),
          type: typeText(checker, checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(output, source))),
          isOptional: (output.flags & ts.SymbolFlags.Optional) !== 0,
        },
      ]),
    ),
  };
}

/** The constant that a shorthand property of `kinds` stands for. */
function declared(checker: ts.TypeChecker, kind: ts.Symbol): ts.Symbol {
  const shorthand = kind.valueDeclaration && checker.getShorthandAssignmentValueSymbol(kind.valueDeclaration);
  const found = shorthand ?? kind;
  return (found.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(found) : found;
}

const commentOf = (checker: ts.TypeChecker, symbol: ts.Symbol) =>
  ts
    .displayPartsToString(symbol.getDocumentationComment(checker))
    .replaceAll(/\{@link (\w+)\}/g, "`$1`")
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();

/** A type without names of other types, which the package does not have. */
function typeText(checker: ts.TypeChecker, type: ts.Type): string {
  if ((type.flags & ts.TypeFlags.BooleanLike) !== 0) return "boolean";
  if (type.isUnion()) return [...new Set(type.types.map((one) => typeText(checker, one)))].join(" | ");
  const isObject = (type.flags & ts.TypeFlags.Object) !== 0;
  if (!isObject || checker.isArrayType(type) || type.getStringIndexType())
    return checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias);
  const properties = type.getProperties().map((property) => {
    const value = checker.getTypeOfSymbol(property);
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const shown = typeText(checker, isOptional ? checker.getNonNullableType(value) : value);
    return `readonly ${property.name}${isOptional ? "?" : ""}: ${shown}`;
  });
  return `{ ${properties.join("; ")} }`;
}
