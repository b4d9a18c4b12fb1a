/**
 * Messages and questions to the user.
 *
 * That mothball is not installed is shown once for each version, not in every window; the status bar shows it all the
 * time. The question about uvx is shown until it is answered or dismissed. Restarting the server shows both again.
 */

import * as vscode from "vscode";

import { SECTION } from "./client.ts";
import { VERSION } from "./generated.ts";

const INSTALL = "Install…";
const CHOOSE_PATH = "Choose Path…";
const HOW = "How to Install";
const RESTART = "Restart Server";
const OUTPUT = "Show Output";
const SETTINGS = "Open Settings";
const PROBLEMS = "Show Problems";
const RUN = "Run with uvx";
const NEVER = "Never";

export class Messages {
    readonly #extension: vscode.Uri;
    readonly #output: vscode.LogOutputChannel;
    readonly #state: vscode.Memento;
    /** The question about uvx that is open in this window. */
    #question: Thenable<string | undefined> | undefined;

    constructor(extension: vscode.Uri, output: vscode.LogOutputChannel, memory: vscode.Memento) {
        this.#extension = extension;
        this.#output = output;
        this.#state = memory;
    }

    /** Show all messages again. */
    async reset(): Promise<void> {
        this.#question = undefined;
        await Promise.all(this.#state.keys().map((key) => this.#state.update(key, undefined)));
    }

    /** Report that no server was found. */
    async missing(): Promise<void> {
        const text =
            "mothball is not installed, so archived dependencies are not reported. " +
            "Install it, or choose the program if it is installed.";
        if (this.#wasShown("missing")) {
            return;
        }
        await this.#remember("missing");
        await this.#follow(await vscode.window.showWarningMessage(text, INSTALL, CHOOSE_PATH, HOW));
    }

    /** Ask whether uvx may run the server, and store the answer in the user settings. */
    async askForUvx(): Promise<void> {
        if (this.#question !== undefined || this.#wasShown("uvx")) {
            return;
        }
        const text =
            "mothball is not installed. Run it with uvx? This runs the mothball of this extension, " +
            "and downloads its dependencies from your package index into uv's cache.";
        const question = vscode.window.showInformationMessage(text, RUN, INSTALL, NEVER);
        this.#question = question;
        const answer = await question;
        // VS Code closes a question when the same one is shown again; the user has not dismissed it then.
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
        const text =
            `Invalid setting mothball.path (${value}): ${cause}. ` +
            "Correct it, or clear it to search for mothball automatically.";
        await this.#follow(await vscode.window.showErrorMessage(text, CHOOSE_PATH, INSTALL, SETTINGS));
    }

    /** Report that the command that should install mothball failed. */
    async installationFailed(code: number): Promise<void> {
        const text = `mothball was not installed: the command exited with code ${String(code)}. See the output for the cause.`;
        await this.#follow(await vscode.window.showErrorMessage(text, OUTPUT, INSTALL));
    }

    /** Show the summary of a check that the user requested. */
    async summary(text: string): Promise<void> {
        const answer = await vscode.window.showInformationMessage(`mothball: ${text}`, PROBLEMS);
        if (answer === PROBLEMS) {
            await vscode.commands.executeCommand("workbench.panel.markers.view.focus");
        }
    }

    /** Report that a server was found but does not run. */
    async doesNotRun(command: string, how: string): Promise<void> {
        const text = `mothball ${how} (${command}). See the output for the cause.`;
        await this.#follow(await vscode.window.showErrorMessage(text, RESTART, OUTPUT, HOW));
    }

    /** Report that a command failed. */
    async failed(error: unknown): Promise<void> {
        const text = error instanceof Error ? error.message : String(error);
        await this.#follow(await vscode.window.showErrorMessage(`mothball: ${text}`, RESTART, OUTPUT));
    }

    /** Report that a command cannot be run without a server. */
    async noServer(): Promise<void> {
        if (!vscode.workspace.isTrusted) {
            await vscode.window.showInformationMessage("mothball is not started in a workspace that is not trusted.");
            return;
        }
        const text = "mothball is not running.";
        await this.#follow(await vscode.window.showWarningMessage(text, INSTALL, RESTART, OUTPUT));
    }

    async howToInstall(): Promise<void> {
        const page = vscode.Uri.joinPath(this.#extension, "INSTALL.md");
        await vscode.commands.executeCommand("markdown.showPreview", page);
    }

    /** Run the action of the chosen button, if any. */
    async #follow(answer: string | undefined): Promise<void> {
        switch (answer) {
            case RESTART:
                await vscode.commands.executeCommand("mothball.restart");
                break;
            case OUTPUT:
                this.#output.show();
                break;
            case INSTALL:
                await vscode.commands.executeCommand("mothball.install");
                break;
            case CHOOSE_PATH:
                await vscode.commands.executeCommand("mothball.choosePath");
                break;
            case HOW:
                await this.howToInstall();
                break;
            case SETTINGS:
                await vscode.commands.executeCommand("workbench.action.openSettings", "mothball.path");
                break;
        }
    }

    #wasShown(message: string): boolean {
        return this.#state.get(`shown.${message}`) === VERSION;
    }

    async #remember(message: string): Promise<void> {
        await this.#state.update(`shown.${message}`, VERSION);
    }
}
