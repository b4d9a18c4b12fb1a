/**
 * Find the program of the language server. Pure: depends only on `SearchContext`.
 *
 * Order of precedence: the setting, the Python environment selected for this workspace, the search path, and `uvx`, which
 * downloads the dependencies of mothball and is only used with the user's consent. mothball itself is never fetched by its
 * name, which anybody may register on an index. Starts nothing; not called in an untrusted workspace.
 */

import * as path from "node:path";

/** Where the server was found; shown to the user. */
export type Origin = "setting" | "environment" | "path" | "uvx";

export interface Server {
    readonly kind: "server";
    /** Absolute path of the program. */
    readonly command: string;
    readonly args: readonly string[];
    readonly origin: Origin;
}

/** The setting is invalid. Reported instead of using another program, which the user did not choose. */
export interface WrongSetting {
    readonly kind: "wrong-setting";
    readonly value: string;
    readonly cause: string;
}

/** No server was found, but `uvx` could run it, and the user has not decided about that. */
export interface AskForUvx {
    readonly kind: "ask-for-uvx";
    readonly server: Server;
}

export interface Missing {
    readonly kind: "missing";
}

export type Finding = Server | WrongSetting | AskForUvx | Missing;

/** Value of the setting `mothball.uvx`. */
export type UvxPolicy = "ask" | "always" | "never";

/** Everything that the choice depends on. */
export interface SearchContext {
    /** The setting `mothball.path`; empty if it is not set. */
    readonly setting: string;
    readonly uvx: UvxPolicy;
    /** The Python interpreters selected for the folders of the workspace, the first folder first. */
    readonly interpreters: readonly string[];
    /** Directories of programs, separated as in `PATH`. */
    readonly searchPath: string;
    readonly home: string;
    readonly platform: NodeJS.Platform;
    /** Absolute path of the wheel of mothball in this extension. */
    readonly wheel: string;
    /** Whether a path is an executable file. */
    readonly isProgram: (path: string) => Promise<boolean>;
}

/** Return the server to start, or why there is none. */
export async function findServer(context: SearchContext): Promise<Finding> {
    if (context.setting.trim() !== "") {
        return fromSetting(context, context.setting.trim());
    }
    const installed = (await fromEnvironments(context)) ?? (await fromSearchPath(context));
    return installed ?? (await fromUvx(context));
}

/**
 * Return the value of `PATH` with the directory in which uv and pipx install programs at its end: an editor started from
 * the desktop often lacks it.
 */
export function searchPathOf(environment: Readonly<NodeJS.ProcessEnv>, home: string, platform: NodeJS.Platform): string {
    const paths = flavor(platform);
    const searchPath = environment["PATH"] ?? environment["Path"] ?? "";
    const own = [environment["UV_TOOL_BIN_DIR"], environment["XDG_BIN_HOME"], paths.join(home, ".local", "bin")];
    return [searchPath, ...own].filter(Boolean).join(paths.delimiter);
}

/** Return the absolute path of `program`, searched in the directories of `searchPath`. */
export function findProgram(context: SearchContext, program: string): Promise<string | undefined> {
    const paths = flavor(context.platform);
    // A relative entry could run a program from the workspace.
    const directories = context.searchPath.split(paths.delimiter).filter((directory) => paths.isAbsolute(directory));
    return findIn(context, directories, program);
}

/** Return the absolute path of `program` in the environment of `interpreter`. */
export function findInEnvironment(
    context: SearchContext,
    interpreter: string,
    program: string,
): Promise<string | undefined> {
    return findIn(context, scriptDirectories(interpreter, context.platform), program);
}

/** Return the interpreters of virtual environments with conventional names in `folder`, in order of preference. */
export function conventionalInterpreters(folder: string, platform: NodeJS.Platform): readonly string[] {
    const inside = platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
    return [".venv", "venv"].map((name) => flavor(platform).join(folder, name, ...inside));
}

async function fromSetting(context: SearchContext, value: string): Promise<Finding> {
    const paths = flavor(context.platform);
    const command = /^~[/\\]/.test(value) ? paths.join(context.home, value.slice(2)) : value;
    if (!paths.isAbsolute(command)) {
        return { kind: "wrong-setting", value, cause: "not an absolute path" };
    }
    if (!(await context.isProgram(command))) {
        return { kind: "wrong-setting", value, cause: "no such program" };
    }
    return { kind: "server", command, args: ["lsp"], origin: "setting" };
}

async function fromEnvironments(context: SearchContext): Promise<Server | undefined> {
    for (const interpreter of context.interpreters) {
        const command = await findInEnvironment(context, interpreter, "mothball");
        if (command !== undefined) {
            return { kind: "server", command, args: ["lsp"], origin: "environment" };
        }
    }
    return undefined;
}

/** Scripts are next to the interpreter; on Windows, outside of virtual environments, in `Scripts` below it. */
function scriptDirectories(interpreter: string, platform: NodeJS.Platform): readonly string[] {
    const paths = flavor(platform);
    const directory = paths.dirname(interpreter);
    return platform === "win32" ? [directory, paths.join(directory, "Scripts")] : [directory];
}

async function fromUvx(context: SearchContext): Promise<Finding> {
    if (context.uvx === "never") {
        return { kind: "missing" };
    }
    const command = await findProgram(context, "uvx");
    if (command === undefined) {
        return { kind: "missing" };
    }
    const args = ["--from", context.wheel, "mothball", "lsp"];
    const server: Server = { kind: "server", command, args, origin: "uvx" };
    return context.uvx === "always" ? server : { kind: "ask-for-uvx", server };
}

async function fromSearchPath(context: SearchContext): Promise<Server | undefined> {
    const command = await findProgram(context, "mothball");
    return command === undefined ? undefined : { kind: "server", command, args: ["lsp"], origin: "path" };
}

async function findIn(
    context: SearchContext,
    directories: readonly string[],
    program: string,
): Promise<string | undefined> {
    for (const directory of directories) {
        for (const name of programNames(program, context.platform)) {
            const command = flavor(context.platform).join(directory, name);
            if (await context.isProgram(command)) {
                return command;
            }
        }
    }
    return undefined;
}

/** Windows installers create `.exe` files; `.cmd` and `.bat` files would need a shell. */
function programNames(program: string, platform: NodeJS.Platform): readonly string[] {
    return platform === "win32" ? [`${program}.exe`] : [program];
}

function flavor(platform: NodeJS.Platform): path.PlatformPath {
    return platform === "win32" ? path.win32 : path.posix;
}
