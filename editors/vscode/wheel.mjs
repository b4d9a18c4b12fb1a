// Builds the wheel of mothball that the extension installs on request.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";

mkdirSync("dist", { recursive: true });
// Those of other versions would be packaged as well.
for (const name of readdirSync("dist").filter((name) => name.endsWith(".whl"))) {
    rmSync(`dist/${name}`);
}
const uv = process.env.UV ?? "uv";
const { error, status } = spawnSync(uv, ["build", "--quiet", "--wheel", "--out-dir", "dist", "../.."], { stdio: "inherit" });
if (error !== undefined) {
    console.error(`uv is needed to build the wheel of mothball: ${error.message}`);
}
process.exitCode = status ?? 1;
