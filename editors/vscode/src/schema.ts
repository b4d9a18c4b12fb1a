/**
 * Register the schema of mothball.toml in the settings of Even Better TOML.
 *
 * Even Better TOML also accepts schemas from extensions (`tomlValidation`), but only with absolute URLs, which a file in
 * an extension does not have; a URL on the web would cause network requests.
 *
 * The setting must name a file that survives updates of this extension, so the schema is copied to its storage. This
 * happens only when the user runs the command; afterwards the copy is kept up to date.
 */

import { copyFile, mkdir, stat } from "node:fs/promises";

import * as vscode from "vscode";

const TOML_EXTENSION = "tamasfe.even-better-toml";
const SETTING = "evenBetterToml.schema.associations";
const FILES = "(^|/)mothball\\.toml$";
const NAME = "mothball.schema.json";

export class Schema {
    readonly #schema: vscode.Uri;
    readonly #directory: vscode.Uri;
    readonly #copy: vscode.Uri;

    constructor(extension: vscode.Uri, storage: vscode.Uri) {
        this.#schema = vscode.Uri.joinPath(extension, "dist", NAME);
        this.#directory = storage;
        this.#copy = vscode.Uri.joinPath(storage, NAME);
    }

    /** Update the copy if there is one. */
    async renew(): Promise<void> {
        if (await exists(this.#copy)) {
            await copyFile(this.#schema.fsPath, this.#copy.fsPath);
        }
    }

    /** Register the schema. */
    async use(): Promise<void> {
        if (vscode.extensions.getExtension(TOML_EXTENSION) === undefined) {
            const show = "Show Extension";
            const text = "The extension Even Better TOML, which uses the schema of mothball.toml, is not installed.";
            if ((await vscode.window.showInformationMessage(text, show)) === show) {
                await vscode.commands.executeCommand("workbench.extensions.search", `@id:${TOML_EXTENSION}`);
            }
            return;
        }
        await mkdir(this.#directory.fsPath, { recursive: true });
        await copyFile(this.#schema.fsPath, this.#copy.fsPath);
        const configuration = vscode.workspace.getConfiguration();
        const existing = configuration.inspect<Record<string, string>>(SETTING)?.globalValue ?? {};
        const associations = { ...existing, [FILES]: this.#copy.toString() };
        await configuration.update(SETTING, associations, vscode.ConfigurationTarget.Global);
        void vscode.window.showInformationMessage("Even Better TOML now completes and validates mothball.toml.");
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
