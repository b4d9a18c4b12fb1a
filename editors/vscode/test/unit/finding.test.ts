import assert from "node:assert/strict";
import { test } from "node:test";

import { conventionalInterpreters, findServer, type SearchContext } from "../../src/finding.ts";
import { machine } from "./machine.ts";

const everywhere = ["/opt/mothball", "/srv/shop/.venv/bin/mothball", "/usr/bin/mothball", "/usr/bin/uvx"];

test("the setting takes precedence", async () => {
    const found = await findServer(
        machine(everywhere, { setting: "/opt/mothball", interpreters: ["/srv/shop/.venv/bin/python"] }),
    );
    assert.deepEqual(found, { kind: "server", command: "/opt/mothball", args: ["lsp"], origin: "setting" });
});

test("the setting may start with ~", async () => {
    const found = await findServer(machine(["/home/ada/bin/mothball"], { setting: " ~/bin/mothball " }));
    assert.equal(found.kind === "server" && found.command, "/home/ada/bin/mothball");
});

test("a setting without a program is reported", async () => {
    const found = await findServer(machine(everywhere, { setting: "/gone/mothball" }));
    assert.deepEqual(found, {
        kind: "wrong-setting",
        value: "/gone/mothball",
        cause: "no such program",
    });
});

test("a relative path in the setting is rejected", async () => {
    for (const setting of ["mothball", "./mothball", ".venv/bin/mothball", "~mothball"]) {
        const found = await findServer(machine([...everywhere, setting], { setting }));
        assert.equal(found.kind, "wrong-setting", setting);
    }
});

test("the selected environment takes precedence over the search path", async () => {
    const found = await findServer(machine(everywhere, { interpreters: ["/srv/shop/.venv/bin/python3.13"] }));
    assert.deepEqual(found, {
        kind: "server",
        command: "/srv/shop/.venv/bin/mothball",
        args: ["lsp"],
        origin: "environment",
    });
});

test("the first folder whose environment has mothball is used", async () => {
    const interpreters = ["/one/bin/python", "/two/bin/python", "/three/bin/python"];
    const found = await findServer(machine(["/two/bin/mothball", "/three/bin/mothball"], { interpreters }));
    assert.equal(found.kind === "server" && found.command, "/two/bin/mothball");
});

test("the search path is used if the environment has no mothball", async () => {
    const found = await findServer(machine(["/usr/bin/mothball"], { interpreters: ["/srv/shop/.venv/bin/python"] }));
    assert.deepEqual(found, { kind: "server", command: "/usr/bin/mothball", args: ["lsp"], origin: "path" });
});

test("relative entries of the search path are ignored", async () => {
    const searchPath = ".:bin::../tools:/usr/bin";
    const programs = ["mothball", "./mothball", "bin/mothball", "../tools/mothball", "bin/uvx"];
    assert.deepEqual(await findServer(machine(programs, { searchPath })), { kind: "missing" });
});

test("uvx needs consent and runs the wheel of this extension", async () => {
    const args = ["--from", "/extension/dist/mothball.whl", "mothball", "lsp"];
    const server = { kind: "server", command: "/usr/bin/uvx", args, origin: "uvx" };
    assert.deepEqual(await findServer(machine(["/usr/bin/uvx"])), { kind: "ask-for-uvx", server });
    assert.deepEqual(await findServer(machine(["/usr/bin/uvx"], { uvx: "always" })), server);
    assert.deepEqual(await findServer(machine(["/usr/bin/uvx"], { uvx: "never" })), { kind: "missing" });
});

test("uvx is not used if mothball is installed", async () => {
    const found = await findServer(machine(["/usr/bin/uvx", "/usr/local/bin/mothball"], { uvx: "always" }));
    assert.equal(found.kind === "server" && found.origin, "path");
});

test("missing if there is neither mothball nor uvx", async () => {
    assert.deepEqual(await findServer(machine([])), { kind: "missing" });
    assert.deepEqual(await findServer(machine([], { uvx: "always", searchPath: "" })), { kind: "missing" });
});

test("on Windows programs end in .exe and paths are Windows paths", async () => {
    const windows: Partial<SearchContext> = {
        platform: "win32",
        home: "C:\\Users\\ada",
        searchPath: "C:\\tools;relative;D:\\uv",
        interpreters: ["C:\\work\\.venv\\Scripts\\python.exe"],
    };
    const inside = await findServer(machine(["C:\\work\\.venv\\Scripts\\mothball.exe"], windows));
    assert.equal(inside.kind === "server" && inside.origin, "environment");
    const onPath = await findServer(machine(["C:\\tools\\mothball.exe", "relative\\mothball.exe"], windows));
    assert.equal(onPath.kind === "server" && onPath.command, "C:\\tools\\mothball.exe");
    const script = await findServer(machine(["C:\\tools\\mothball.cmd"], windows));
    assert.equal(script.kind, "missing");
    const home = await findServer(machine(["C:\\Users\\ada\\m.exe"], { ...windows, setting: "~\\m.exe" }));
    assert.equal(home.kind === "server" && home.command, "C:\\Users\\ada\\m.exe");
});

test("on Windows the programs of conda and of a global Python are in Scripts below the interpreter", async () => {
    const windows: Partial<SearchContext> = { platform: "win32", searchPath: "" };
    for (const home of ["C:\\conda\\envs\\shop", "C:\\Python313"]) {
        const command = `${home}\\Scripts\\mothball.exe`;
        const found = await findServer(machine([command], { ...windows, interpreters: [`${home}\\python.exe`] }));
        assert.deepEqual(found, { kind: "server", command, args: ["lsp"], origin: "environment" });
    }
    const elsewhere = machine(["/srv/shop/bin/Scripts/mothball"], { interpreters: ["/srv/shop/bin/python"] });
    assert.equal((await findServer(elsewhere)).kind, "missing");
});

test("conventional environments are in the project directory", () => {
    assert.deepEqual(conventionalInterpreters("/srv/shop", "linux"), ["/srv/shop/.venv/bin/python", "/srv/shop/venv/bin/python"]);
    assert.deepEqual(conventionalInterpreters("C:\\w", "win32"), [
        "C:\\w\\.venv\\Scripts\\python.exe",
        "C:\\w\\venv\\Scripts\\python.exe",
    ]);
});
