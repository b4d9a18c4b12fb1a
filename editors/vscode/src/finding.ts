/**
 * Which program is the language server: a pure choice over what the machine, the settings and the editor tell.
 *
 * The order is the order of how plainly somebody has said it: the setting, the Python environment selected for this
 * workspace, the search path, and last `uvx`, which downloads and is therefore asked about first. Nothing is started
 * here, and nothing here is called in a workspace that is not trusted.
 */

import * as path from "node:path";

/** Where the server was found; shown to the user, who may have several. */
export type Origin = "setting" | "environment" | "path" | "uvx";

export interface Server {
    readonly kind: "server";
    /** Absolute path of the program. */
    readonly command: string;
    readonly args: readonly string[];
    readonly origin: Origin;
}

/** The setting names something that is not there. It is told, not passed over: somebody meant it. */
export interface WrongSetting {
    readonly kind: "wrong-setting";
    readonly value: string;
    readonly cause: string;
}

/** No server, but `uvx` is here and the user has not yet said whether it may fetch one. */
export interface AskForUvx {
    readonly kind: "ask-for-uvx";
    readonly server: Server;
}

export interface Missing {
    readonly kind: "missing";
}

export type Finding = Server | WrongSetting | AskForUvx | Missing;

/** What the user has said about running the server with `uvx`. */
export type UvxPolicy = "ask" | "always" | "never";

/** All that the choice depends on. */
export interface Surroundings {
    /** The setting `mothball.path`; empty when it is not set. */
    readonly setting: string;
    readonly uvx: UvxPolicy;
    /** The Python interpreters selected for the folders of the workspace, the first folder first. */
    readonly interpreters: readonly string[];
    /** The search path as the environment gives it. */
    readonly searchPath: string;
    readonly home: string;
    readonly platform: NodeJS.Platform;
    /** The version of mothball that this extension was made for. */
    readonly version: string;
    /** Whether a path leads to a program that we may run. */
    readonly isProgram: (path: string) => Promise<boolean>;
}

/** Return the server to start, or what keeps us from it. */
export async function findServer(around: Surroundings): Promise<Finding> {
    if (around.setting.trim() !== "") {
        return fromSetting(around, around.setting.trim());
    }
    const installed = (await fromEnvironments(around)) ?? (await fromSearchPath(around, "mothball", "path", ["lsp"]));
    return installed ?? (await fromUvx(around));
}

/** Return the virtual environments of `folder` that people make by convention: their interpreters, first choice first. */
export function conventionalInterpreters(folder: string, platform: NodeJS.Platform): readonly string[] {
    const inside = platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
    return [".venv", "venv"].map((name) => flavour(platform).join(folder, name, ...inside));
}

async function fromSetting(around: Surroundings, value: string): Promise<Finding> {
    const paths = flavour(around.platform);
    const command = /^~[/\\]/.test(value) ? paths.join(around.home, value.slice(2)) : value;
    if (!paths.isAbsolute(command)) {
        return { kind: "wrong-setting", value, cause: "it is not an absolute path" };
    }
    if (!(await around.isProgram(command))) {
        return { kind: "wrong-setting", value, cause: "there is no program of that name" };
    }
    return { kind: "server", command, args: ["lsp"], origin: "setting" };
}

async function fromEnvironments(around: Surroundings): Promise<Server | undefined> {
    for (const directory of around.interpreters.flatMap((interpreter) => scriptDirectories(interpreter, around.platform))) {
        for (const name of programNames("mothball", around.platform)) {
            const command = flavour(around.platform).join(directory, name);
            if (await around.isProgram(command)) {
                return { kind: "server", command, args: ["lsp"], origin: "environment" };
            }
        }
    }
    return undefined;
}

/** Programs stand beside the interpreter, but on Windows only in a virtual environment: else in `Scripts` below it. */
function scriptDirectories(interpreter: string, platform: NodeJS.Platform): readonly string[] {
    const paths = flavour(platform);
    const beside = paths.dirname(interpreter);
    return platform === "win32" ? [beside, paths.join(beside, "Scripts")] : [beside];
}

async function fromUvx(around: Surroundings): Promise<Finding> {
    if (around.uvx === "never") {
        return { kind: "missing" };
    }
    const server = await fromSearchPath(around, "uvx", "uvx", [`mothball@${around.version}`, "lsp"]);
    if (server === undefined) {
        return { kind: "missing" };
    }
    return around.uvx === "always" ? server : { kind: "ask-for-uvx", server };
}

async function fromSearchPath(
    around: Surroundings,
    program: string,
    origin: Origin,
    args: readonly string[],
): Promise<Server | undefined> {
    const paths = flavour(around.platform);
    for (const directory of around.searchPath.split(paths.delimiter)) {
        // A relative entry means another program in every folder, also in those of strangers.
        if (!paths.isAbsolute(directory)) {
            continue;
        }
        for (const name of programNames(program, around.platform)) {
            const command = paths.join(directory, name);
            if (await around.isProgram(command)) {
                return { kind: "server", command, args, origin };
            }
        }
    }
    return undefined;
}

/** Installers write `.exe` files on Windows; `.cmd` and `.bat` need a shell, and we start none. */
function programNames(program: string, platform: NodeJS.Platform): readonly string[] {
    return platform === "win32" ? [`${program}.exe`] : [program];
}

function flavour(platform: NodeJS.Platform): path.PlatformPath {
    return platform === "win32" ? path.win32 : path.posix;
}
