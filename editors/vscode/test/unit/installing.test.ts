import assert from "node:assert/strict";
import { test } from "node:test";

import { searchPathOf } from "../../src/finding.ts";
import { findInstallations } from "../../src/installing.ts";
import { machine } from "./machine.ts";

const interpreters = ["/srv/shop/.venv/bin/python"];
const { wheel } = machine([]);

test("an environment with pip is installed into with pip, although uv is there", async () => {
    const programs = ["/srv/shop/.venv/bin/python", "/srv/shop/.venv/bin/pip3", "/usr/bin/uv"];
    assert.deepEqual(await findInstallations(machine(programs, { interpreters })), [
        { place: "environment", command: "/srv/shop/.venv/bin/python", args: ["-m", "pip", "install", wheel] },
        { place: "user", command: "/usr/bin/uv", args: ["tool", "install", wheel] },
    ]);
});

test("an environment without pip is installed into with uv", async () => {
    const [first] = await findInstallations(machine(["/srv/shop/.venv/bin/python", "/usr/bin/uv"], { interpreters }));
    assert.deepEqual(first, {
        place: "environment",
        command: "/usr/bin/uv",
        args: ["pip", "install", "--python", "/srv/shop/.venv/bin/python", wheel],
    });
});

test("an environment that does not exist is not offered", async () => {
    assert.deepEqual(await findInstallations(machine(["/usr/bin/pipx"], { interpreters })), [
        { place: "user", command: "/usr/bin/pipx", args: ["install", wheel] },
    ]);
    assert.deepEqual(await findInstallations(machine([], { interpreters })), []);
});

test("a pip of another environment is not used", async () => {
    const found = await findInstallations(machine(["/srv/shop/.venv/bin/python", "/usr/bin/pip"], { interpreters }));
    assert.deepEqual(found, []);
});

test("on Windows pip is in Scripts below the interpreter of conda", async () => {
    const programs = ["C:\\conda\\python.exe", "C:\\conda\\Scripts\\pip.exe"];
    const context = machine(programs, { platform: "win32", searchPath: "", interpreters: ["C:\\conda\\python.exe"] });
    const [first] = await findInstallations(context);
    assert.equal(first?.command, "C:\\conda\\python.exe");
});

test("the directory of uv and pipx is searched after PATH", () => {
    assert.equal(searchPathOf({ PATH: "/usr/bin" }, "/home/ada", "linux"), "/usr/bin:/home/ada/.local/bin");
    const chosen = { PATH: "/usr/bin", UV_TOOL_BIN_DIR: "/opt/tools", XDG_BIN_HOME: "/home/ada/bin" };
    assert.equal(searchPathOf(chosen, "/home/ada", "linux"), "/usr/bin:/opt/tools:/home/ada/bin:/home/ada/.local/bin");
    assert.equal(searchPathOf({ Path: "C:\\tools" }, "C:\\Users\\ada", "win32"), "C:\\tools;C:\\Users\\ada\\.local\\bin");
});
