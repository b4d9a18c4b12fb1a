/**
 * The schema of mothball.toml for Even Better TOML, by its setting.
 *
 * It also takes schemas that extensions contribute (`tomlValidation`), but passes their addresses on as they stand in the
 * manifest, which does not know where the extension is installed: a file inside of it cannot be named there. A schema on
 * the web would be one more address to be asked.
 *
 * The setting must name a file that survives an update of this extension: a copy in our own storage. It is changed only
 * when the user calls the command, and then the copy is kept up to date.
 */

import { copyFile, mkdir, stat } from "node:fs/promises";

import * as vscode from "vscode";

const TOML_EXTENSION = "tamasfe.even-better-toml";
const SETTING = "evenBetterToml.schema.associations";
const FILES = "(^|/)mothball\\.toml$";
const NAME = "mothball.schema.json";

export class Schema {
    readonly #ours: vscode.Uri;
    readonly #directory: vscode.Uri;
    readonly #copy: vscode.Uri;

    constructor(extension: vscode.Uri, storage: vscode.Uri) {
        this.#ours = vscode.Uri.joinPath(extension, "dist", NAME);
        this.#directory = storage;
        this.#copy = vscode.Uri.joinPath(storage, NAME);
    }

    /** Renew the copy if the command was ever called. */
    async renew(): Promise<void> {
        if (await exists(this.#copy)) {
            await copyFile(this.#ours.fsPath, this.#copy.fsPath);
        }
    }

    /** Have Even Better TOML complete and check mothball.toml. */
    async use(): Promise<void> {
        if (vscode.extensions.getExtension(TOML_EXTENSION) === undefined) {
            const find = "Find It";
            const text = "The schema of mothball.toml is read by the extension Even Better TOML, which is not installed here.";
            if ((await vscode.window.showInformationMessage(text, find)) === find) {
                await vscode.commands.executeCommand("workbench.extensions.search", `@id:${TOML_EXTENSION}`);
            }
            return;
        }
        await mkdir(this.#directory.fsPath, { recursive: true });
        await copyFile(this.#ours.fsPath, this.#copy.fsPath);
        const configuration = vscode.workspace.getConfiguration();
        const others = configuration.inspect<Record<string, string>>(SETTING)?.globalValue ?? {};
        const associations = { ...others, [FILES]: this.#copy.toString() };
        await configuration.update(SETTING, associations, vscode.ConfigurationTarget.Global);
        void vscode.window.showInformationMessage("Even Better TOML now completes and checks mothball.toml.");
    }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
    try {
        await stat(uri.fsPath);
        return true;
    } catch {
        return false;
    }
}
