/** The commands that install mothball on this machine. Pure: depends only on `SearchContext`. */

import { findInEnvironment, findProgram, type SearchContext } from "./finding.ts";

/** A command that installs mothball. */
export interface Installation {
    /** Where mothball is installed; shown to the user. */
    readonly place: "environment" | "user";
    /** Absolute path of the program. */
    readonly command: string;
    readonly args: readonly string[];
}

/**
 * Return the commands that can install mothball here: in the selected Python environment, then for all projects.
 * They install the wheel in this extension: an index is only used for its dependencies.
 *
 * In an environment, pip is preferred, because it reads the user's pip.conf, which may name the index of a company. An
 * environment that uv created has no pip.
 */
export async function findInstallations(context: SearchContext): Promise<readonly Installation[]> {
    const uv = await findProgram(context, "uv");
    const pipx = await findProgram(context, "pipx");
    const installations: Installation[] = [];
    for (const interpreter of context.interpreters) {
        if (!(await context.isProgram(interpreter))) {
            continue;
        }
        if (await hasPip(context, interpreter)) {
            const args = ["-m", "pip", "install", context.wheel];
            installations.push({ place: "environment", command: interpreter, args });
        } else if (uv !== undefined) {
            const args = ["pip", "install", "--python", interpreter, context.wheel];
            installations.push({ place: "environment", command: uv, args });
        }
    }
    if (uv !== undefined) {
        installations.push({ place: "user", command: uv, args: ["tool", "install", context.wheel] });
    }
    if (pipx !== undefined) {
        installations.push({ place: "user", command: pipx, args: ["install", context.wheel] });
    }
    return installations;
}

async function hasPip(context: SearchContext, interpreter: string): Promise<boolean> {
    const pip = await findInEnvironment(context, interpreter, "pip");
    return (pip ?? (await findInEnvironment(context, interpreter, "pip3"))) !== undefined;
}
