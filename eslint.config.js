import tseslint from "typescript-eslint";

/** Folders that others must not import, and why. */
const COMMANDS = {
  folders: "cli",
  message: "What runs inside Pulumi must not need the commands around it: move what both need below.",
};
const ABOVE_LIB = {
  folders: "providers|emulator|package",
  message: "lib/ can be used without Pulumi: move what both need into lib/.",
};
const CLIENTS = {
  folders: "providers|package",
  message: "The emulator speaks the service's words and knows none of its clients: move what both need into lib/.",
};

/** Forbids files to import from folders, whether by a declaration or at run time. */
const mustNotImport = (files, ...forbidden) => ({
  files,
  rules: {
    "no-restricted-imports": [
      "error",
      { patterns: forbidden.map(({ folders, message }) => ({ regex: `^\\.\\.?/(.*/)?(${folders})/`, message })) },
    ],
    "no-restricted-syntax": [
      "error",
      ...forbidden.map(({ folders, message }) => ({
        selector: `ImportExpression > Literal[value=/^\\.\\.?\\u002F(.*\\u002F)?(${folders})\\u002F/]`,
        message,
      })),
    ],
  },
});

export default tseslint.config(
  {
    ignores: [
      "node_modules/",
      "dist/",
      "examples/ownProgram/",
      ".fabric/",
      ".cache/",
      "**/*.cjs",
      "**/*.mjs",
      "eslint.config.js",
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", package: "node:test", name: ["test", "describe", "it", "suite"] },
          ],
        },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/require-await": "off",
    },
  },
  mustNotImport(["index.ts", "providers/**", "package/**"], COMMANDS),
  // the last entry for a file counts, so each names all
  mustNotImport(["lib/**"], COMMANDS, ABOVE_LIB),
  mustNotImport(["emulator/**"], COMMANDS, CLIENTS),
);
