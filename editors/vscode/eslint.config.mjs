import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
    { ignores: ["dist/", "node_modules/"] },
    { files: ["**/*.ts"], extends: [js.configs.recommended, ...tseslint.configs.strictTypeChecked] },
    { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
    {
        files: ["test/**/*.ts"],
        // node:test tracks the promises of its tests itself.
        rules: { "@typescript-eslint/no-floating-promises": "off" },
    },
);
