import tseslint from "typescript-eslint";

const CLIMB = "What runs inside Pulumi must not need the commands around it: move what both need below.";

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
  {
    files: ["index.ts", "lib/**", "providers/**", "emulator/**"],
    rules: {
      "no-restricted-imports": ["error", { patterns: [{ regex: "(^|/)cli/", message: CLIMB }] }],
      "no-restricted-syntax": [
        "error",
        { selector: "ImportExpression > Literal[value=/(^|\\u002F)cli\\u002F/]", message: CLIMB },
      ],
    },
  },
);
