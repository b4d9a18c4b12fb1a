/**
 * What the user is told and asked.
 *
 * That there is no server is said once for each version, not in every window; the status bar goes on showing it. The
 * question whether uvx may run it is asked until it is answered or dismissed. Restarting the server has both said again.
 */

import * as vscode from "vscode";

import { SECTION } from "./client.ts";
import { VERSION } from "./generated.ts";

const HOW = "How to Install";
const RESTART = "Restart Server";
const OUTPUT = "Show Output";
const SETTINGS = "Open Settings";
const RUN = "Run with uvx";
const NEVER = "Never";

export class Messages {
    readonly #extension: vscode.Uri;
    readonly #output: vscode.LogOutputChannel;
    readonly #memory: vscode.Memento;
    /** The question about uvx while it stands in this window. */
    #question: Thenable<string | undefined> | undefined;

    constructor(extension: vscode.Uri, output: vscode.LogOutputChannel, memory: vscode.Memento) {
        this.#extension = extension;
        this.#output = output;
        this.#memory = memory;
    }

    /** Forget what has been said: the user asks anew. */
    async reset(): Promise<void> {
        this.#question = undefined;
        await Promise.all(this.#memory.keys().map((key) => this.#memory.update(key, undefined)));
    }

    /** There is no server anywhere. */
    async missing(): Promise<void> {
        const text =
            "mothball is not installed here, so archived dependencies are not underlined. " +
            "Install it in the Python environment of this workspace, or anywhere on PATH.";
        if (this.#wasSaid("missing")) {
            return;
        }
        await this.#remember("missing");
        await this.#follow(await vscode.window.showWarningMessage(text, HOW));
    }

    /** There is no server, but uvx could run one; the answer is kept in the user's settings. */
    async askForUvx(): Promise<void> {
        if (this.#question !== undefined || this.#wasSaid("uvx")) {
            return;
        }
        const text =
            `mothball is not installed here. Shall uvx run it (uvx mothball@${VERSION} lsp)? ` +
            "It downloads mothball from your package index into uv's cache.";
        const question = vscode.window.showInformationMessage(text, RUN, HOW, NEVER);
        this.#question = question;
        const answer = await question;
        // The editor takes a question away when the same is asked again; then nobody has dismissed it.
        if (question === this.#question) {
            this.#question = undefined;
            await this.#remember("uvx");
        }
        if (answer === RUN || answer === NEVER) {
            const policy = answer === RUN ? "always" : "never";
            const configuration = vscode.workspace.getConfiguration(SECTION);
            await configuration.update("uvx", policy, vscode.ConfigurationTarget.Global);
        } else {
            await this.#follow(answer);
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
        const text = `mothball ${how} (${command}). Its output says why.`;
        await this.#follow(await vscode.window.showErrorMessage(text, RESTART, OUTPUT, HOW));
    }

    /** The server could not do what a command asked for. */
    async failed(error: unknown): Promise<void> {
        const text = error instanceof Error ? error.message : String(error);
        await this.#follow(await vscode.window.showErrorMessage(`mothball: ${text}`, RESTART, OUTPUT));
    }

    /** A command was called for which there is no server. */
    async noServer(): Promise<void> {
        if (!vscode.workspace.isTrusted) {
            await vscode.window.showInformationMessage("mothball does nothing in a workspace that you do not trust.");
            return;
        }
        const text = "mothball does not run here.";
        await this.#follow(await vscode.window.showWarningMessage(text, RESTART, HOW, OUTPUT));
    }

    async howToInstall(): Promise<void> {
        const page = vscode.Uri.joinPath(this.#extension, "INSTALL.md");
        await vscode.commands.executeCommand("markdown.showPreview", page);
    }

    /** Do what the chosen button says; nothing when none was chosen. */
    async #follow(answer: string | undefined): Promise<void> {
        switch (answer) {
            case RESTART:
                await vscode.commands.executeCommand("mothball.restart");
                break;
            case OUTPUT:
                this.#output.show();
                break;
            case HOW:
                await this.howToInstall();
                break;
        }
    }

    #wasSaid(what: string): boolean {
        return this.#memory.get(`said.${what}`) === VERSION;
    }

    async #remember(what: string): Promise<void> {
        await this.#memory.update(`said.${what}`, VERSION);
    }
}
