// Bundles the extension, and what the tests run inside the extension host, into one file each.
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { build } from "esbuild";

const shared = {
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["vscode"],
    logLevel: "warning",
};

/** Return the licences of the packages that are in the bundle: their authors ask that they go with it. */
async function notices({ inputs }) {
    const found = Object.keys(inputs).map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
    const packages = [...new Set(found)].filter((name) => name !== undefined).sort();
    const texts = packages.map(async (name) => {
        const directory = join("node_modules", name);
        const file = (await readdir(directory)).find((entry) => /^licen[cs]e/i.test(entry));
        if (file === undefined) {
            throw new Error(`${name} has no licence file`);
        }
        return `${name}\n${"=".repeat(name.length)}\n\n${(await readFile(join(directory, file), "utf8")).trim()}\n`;
    });
    return (await Promise.all(texts)).join("\n\n");
}

const { metafile } = await build({
    ...shared,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.cjs",
    minify: true,
    metafile: true,
    // The language client's dependencies: their ES modules are smaller in a bundle, and free of dynamic requires.
    mainFields: ["module", "main"],
});
await copyFile("../../docs/mothball.schema.json", "dist/mothball.schema.json");
await writeFile("dist/THIRD-PARTY-NOTICES.txt", await notices(metafile));
await build({ ...shared, entryPoints: ["test/host/extension.ts"], outfile: "test/host/dist/extension.cjs" });
