/** Python environments of the workspace folders: those selected in the Python extension, else by conventional names. */

import * as vscode from "vscode";

import { conventionalInterpreters } from "./finding.ts";

/** The part of the Python extension's published API that is used here. */
interface PythonApi {
    readonly environments: {
        getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
        resolveEnvironment(environment: {
            readonly path: string;
        }): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>;
        readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
    };
}

const PYTHON_EXTENSION = "ms-python.python";

export class PythonEnvironments implements vscode.Disposable {
    readonly #changed = new vscode.EventEmitter<void>();
    readonly #output: vscode.LogOutputChannel;
    #subscription: vscode.Disposable | undefined;

    /** Fires when another interpreter is selected. */
    readonly onDidChange = this.#changed.event;

    constructor(output: vscode.LogOutputChannel) {
        this.#output = output;
    }

    /** Return the interpreters for the folders of the workspace. Call only in trusted workspaces. */
    async interpreters(): Promise<readonly string[]> {
        const folders = vscode.workspace.workspaceFolders ?? [];
        const api = await this.#api();
        if (api === undefined) {
            return folders.flatMap((folder) => conventionalInterpreters(folder.uri.fsPath, process.platform));
        }
        const resources = folders.length > 0 ? folders.map((folder) => folder.uri) : [undefined];
        const interpreters = await Promise.all(resources.map((resource) => this.#selected(api, resource)));
        return interpreters.filter((path) => path !== undefined);
    }

    dispose(): void {
        this.#subscription?.dispose();
        this.#changed.dispose();
    }

    async #api(): Promise<PythonApi | undefined> {
        const extension = vscode.extensions.getExtension<PythonApi>(PYTHON_EXTENSION);
        if (extension === undefined) {
            return undefined;
        }
        try {
            const api = await extension.activate();
            this.#subscription ??= api.environments.onDidChangeActiveEnvironmentPath(() => {
                this.#changed.fire();
            });
            return api;
        } catch (error) {
            this.#output.warn(`the Python extension did not start, so its environment is unknown: ${String(error)}`);
            return undefined;
        }
    }

    async #selected(api: PythonApi, resource: vscode.Uri | undefined): Promise<string | undefined> {
        try {
            const environment = await api.environments.resolveEnvironment(
                api.environments.getActiveEnvironmentPath(resource),
            );
            return environment?.executable.uri?.fsPath;
        } catch (error) {
            this.#output.warn(`the Python extension did not return its selected environment: ${String(error)}`);
            return undefined;
        }
    }
}
