// Bundles the extension, and what the tests run inside the extension host, into one file each.
import { build } from "esbuild";

const shared = {
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["vscode"],
    logLevel: "warning",
};

await build({
    ...shared,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.cjs",
    minify: true,
    // The language client's dependencies: their ES modules are smaller in a bundle, and free of dynamic requires.
    mainFields: ["module", "main"],
});
await build({ ...shared, entryPoints: ["test/host/extension.ts"], outfile: "test/host/dist/extension.cjs" });
