import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "**/node_modules/",
      "artifacts/",
      "cache/",
      "coverage/",
      "deploy/generated/",
      "**/.ponder/",
      "**/ponder-env.d.ts",
      "ponder/generated/",
      ".bench/",
      ".devnet/",
      "web/dist/",
      "web/src/indexer/schema.d.ts",
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": "error",
      // Chai-like matchers of test libraries are getters.
      "@typescript-eslint/no-confusing-void-expression": "off",
      "no-restricted-exports": ["error", { restrictDefaultExports: { direct: false, named: true } }],
    },
  },
  {
    files: ["**/*.{js,mjs}"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: { process: "readonly", console: "readonly", URL: "readonly", setTimeout: "readonly", fetch: "readonly" },
    },
  },
);
