/** Entry point of the extension: creates its parts and connects them to events of VS Code. */

import * as vscode from "vscode";

import { documentSelector, SECTION } from "./client.ts";
import { Controller } from "./controller.ts";
import { CHECK_AGAIN, CHECK_WORKSPACE, OPEN_SETTINGS, SERVER_COMMANDS, WHEEL } from "./generated.ts";
import { Installer } from "./installer.ts";
import { openSettings, showMenu } from "./menu.ts";
import { Messages } from "./messages.ts";
import { PythonEnvironments } from "./python.ts";
import { Schema } from "./schema.ts";
import { StatusBar } from "./statusBar.ts";

/** Settings that require a restart of the server; others are sent to the running server. */
const RESTARTING = ["path", "uvx", "scripts", "workspaceDiagnostics"].map((key) => `${SECTION}.${key}`);

/** Titles of the commands that check files, for their progress. */
const CHECKS: Readonly<Record<string, string>> = {
    [CHECK_AGAIN]: "mothball: checking again",
    [CHECK_WORKSPACE]: "mothball: checking the workspace",
};

let controller: Controller | undefined;

export function activate(context: vscode.ExtensionContext): void {
    const output = vscode.window.createOutputChannel("mothball", { log: true });
    const messages = new Messages(context.extensionUri, output, context.globalState);
    const environments = new PythonEnvironments(output);
    const statusBar = new StatusBar();
    const wheel = vscode.Uri.joinPath(context.extensionUri, "dist", WHEEL).fsPath;
    const server = new Controller(output, messages, environments, context.globalStorageUri, wheel, (state) => {
        statusBar.show(state);
    });
    const installer = new Installer(output, messages, context.globalStorageUri, () => server.searchContext());
    const schema = new Schema(context.extensionUri, context.globalStorageUri);
    controller = server;
    context.subscriptions.push(
        output,
        environments,
        statusBar,
        // Registered here and not by the language client, so that they exist before the server does.
        ...SERVER_COMMANDS.map((command) => {
            const title = CHECKS[command];
            return vscode.commands.registerCommand(command, (...args: unknown[]) =>
                title === undefined ? server.execute(command, args) : server.check(command, title),
            );
        }),
        // The server would open a configuration file.
        vscode.commands.registerCommand(OPEN_SETTINGS, openSettings),
        vscode.commands.registerCommand("mothball.restart", async () => {
            await messages.reset();
            await server.restart();
        }),
        vscode.commands.registerCommand("mothball.showOutput", () => {
            output.show();
        }),
        vscode.commands.registerCommand("mothball.showMenu", () => showMenu(statusBar.summary)),
        vscode.commands.registerCommand("mothball.install", () => installer.choose()),
        vscode.commands.registerCommand("mothball.choosePath", () => installer.choosePath()),
        vscode.commands.registerCommand("mothball.howToInstall", () => messages.howToInstall()),
        vscode.commands.registerCommand("mothball.useSchema", () => schema.use()),
        environments.onDidChange(() => server.findAgain()),
        vscode.workspace.onDidGrantWorkspaceTrust(() => server.findAgain()),
        vscode.workspace.onDidChangeWorkspaceFolders(async () => {
            await server.startIfNeeded();
            await server.findAgain();
        }),
        vscode.workspace.onDidOpenTextDocument((document) =>
            vscode.languages.match(documentSelector(), document) > 0 ? server.startIfNeeded() : undefined,
        ),
        vscode.workspace.onDidChangeConfiguration((change) => {
            if (RESTARTING.some((setting) => change.affectsConfiguration(setting))) {
                return server.restartIfNeeded();
            }
            return change.affectsConfiguration(SECTION) ? server.configure() : undefined;
        }),
    );
    // Not awaited, so as not to delay activation.
    void server.startIfNeeded();
    void schema.renew();
}

export async function deactivate(): Promise<void> {
    await controller?.stop();
}
