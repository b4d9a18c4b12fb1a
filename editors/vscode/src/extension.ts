/** The entry of the extension: makes the parts, connects them to the editor's events, and takes them down. */

import * as vscode from "vscode";

import { documentSelector, SECTION } from "./client.ts";
import { Controller } from "./controller.ts";
import { SERVER_COMMANDS } from "./generated.ts";
import { Messages } from "./messages.ts";
import { PythonEnvironments } from "./python.ts";
import { Schema } from "./schema.ts";
import { StatusBar } from "./statusBar.ts";

/** Settings that decide which server runs or what it is told of; the others reach the running server by themselves. */
const RESTARTING = ["path", "uvx", "scripts", "workspaceDiagnostics"].map((key) => `${SECTION}.${key}`);

let controller: Controller | undefined;

export function activate(context: vscode.ExtensionContext): void {
    const output = vscode.window.createOutputChannel("mothball", { log: true });
    const messages = new Messages(context.extensionUri, output, context.globalState);
    const environments = new PythonEnvironments(output);
    const statusBar = new StatusBar();
    const server = new Controller(output, messages, environments, context.globalStorageUri, (state) => {
        statusBar.show(state);
    });
    const schema = new Schema(context.extensionUri, context.globalStorageUri);
    controller = server;
    context.subscriptions.push(
        output,
        environments,
        statusBar,
        // Ours, not the language client's, so that they are there before the server is.
        ...SERVER_COMMANDS.map((command) =>
            vscode.commands.registerCommand(command, (...args: unknown[]) => server.execute(command, args)),
        ),
        vscode.commands.registerCommand("mothball.restart", async () => {
            await messages.reset();
            await server.restart();
        }),
        vscode.commands.registerCommand("mothball.showOutput", () => {
            output.show();
        }),
        vscode.commands.registerCommand("mothball.howToInstall", () => messages.howToInstall()),
        vscode.commands.registerCommand("mothball.useSchema", () => schema.use()),
        environments.onDidChange(() => server.refind()),
        vscode.workspace.onDidGrantWorkspaceTrust(() => server.refind()),
        vscode.workspace.onDidChangeWorkspaceFolders(async () => {
            await server.startIfWanted();
            await server.refind();
        }),
        vscode.workspace.onDidOpenTextDocument((document) =>
            vscode.languages.match(documentSelector(), document) > 0 ? server.startIfWanted() : undefined,
        ),
        vscode.workspace.onDidChangeConfiguration((change) => {
            if (RESTARTING.some((setting) => change.affectsConfiguration(setting))) {
                return server.restartIfWanted();
            }
            return change.affectsConfiguration(SECTION) ? server.configure() : undefined;
        }),
    );
    // Not awaited: the editor need not wait.
    void server.startIfWanted();
    void schema.renew();
}

export async function deactivate(): Promise<void> {
    await controller?.stop();
}
