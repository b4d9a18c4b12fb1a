/**
 * What the user is told and asked.
 *
 * That there is no server is said once for each version, not in every window; the status bar goes on showing it, and
 * restarting the server has it said again.
 */

import * as vscode from "vscode";

import { SECTION } from "./client.ts";
import { VERSION } from "./generated.ts";

const HOW = "How to Install";
const OUTPUT = "Show Output";
const SETTINGS = "Open Settings";
const RUN = "Run with uvx";
const NEVER = "Never";

export class Messages {
    readonly #extension: vscode.Uri;
    readonly #output: vscode.LogOutputChannel;
    readonly #memory: vscode.Memento;

    constructor(extension: vscode.Uri, output: vscode.LogOutputChannel, memory: vscode.Memento) {
        this.#extension = extension;
        this.#output = output;
        this.#memory = memory;
    }

    /** Forget what has been said: the user asks anew. */
    async reset(): Promise<void> {
        await Promise.all(this.#memory.keys().map((key) => this.#memory.update(key, undefined)));
    }

    /** There is no server anywhere. */
    async missing(): Promise<void> {
        const text =
            "mothball is not installed here, so archived dependencies are not underlined. " +
            "Install it in the Python environment of this workspace, or anywhere on PATH.";
        if ((await this.#firstTime("missing")) && (await vscode.window.showWarningMessage(text, HOW)) === HOW) {
            await this.howToInstall();
        }
    }

    /** There is no server, but uvx could run one; the answer is kept in the user's settings. */
    async askForUvx(): Promise<void> {
        if (!(await this.#firstTime("uvx"))) {
            return;
        }
        const text =
            `mothball is not installed here. Shall uvx run it (uvx mothball@${VERSION} lsp)? ` +
            "It downloads mothball from your package index into uv's cache.";
        const answer = await vscode.window.showInformationMessage(text, RUN, HOW, NEVER);
        if (answer === HOW) {
            await this.howToInstall();
        } else if (answer !== undefined) {
            const policy = answer === RUN ? "always" : "never";
            const configuration = vscode.workspace.getConfiguration(SECTION);
            await configuration.update("uvx", policy, vscode.ConfigurationTarget.Global);
        }
    }

    async wrongSetting(value: string, cause: string): Promise<void> {
        const text = `mothball.path is ${value}, and ${cause}. Correct it, or empty it to have mothball looked for.`;
        if ((await vscode.window.showErrorMessage(text, SETTINGS)) === SETTINGS) {
            await vscode.commands.executeCommand("workbench.action.openSettings", "mothball.path");
        }
    }

    /** A server was found, and it does not run. */
    async doesNotRun(command: string, how: string): Promise<void> {
        const answer = await vscode.window.showErrorMessage(`mothball ${how} (${command}). Its output says why.`, OUTPUT, HOW);
        if (answer === OUTPUT) {
            this.#output.show();
        } else if (answer === HOW) {
            await this.howToInstall();
        }
    }

    /** The server could not do what a command asked for. */
    async failed(error: unknown): Promise<void> {
        const text = error instanceof Error ? error.message : String(error);
        if ((await vscode.window.showErrorMessage(`mothball: ${text}`, OUTPUT)) === OUTPUT) {
            this.#output.show();
        }
    }

    /** A command was called for which there is no server. */
    async noServer(): Promise<void> {
        if (!vscode.workspace.isTrusted) {
            await vscode.window.showInformationMessage("mothball does nothing in a workspace that you do not trust.");
        } else if ((await vscode.window.showWarningMessage("mothball does not run here.", HOW, OUTPUT)) === HOW) {
            await this.howToInstall();
        }
    }

    async howToInstall(): Promise<void> {
        const page = vscode.Uri.joinPath(this.#extension, "INSTALL.md");
        await vscode.commands.executeCommand("markdown.showPreview", page);
    }

    async #firstTime(what: string): Promise<boolean> {
        const key = `said.${what}`;
        const first = this.#memory.get(key) !== VERSION;
        await this.#memory.update(key, VERSION);
        return first;
    }
}
