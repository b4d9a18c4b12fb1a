/** The menu of the status bar item. */

import * as vscode from "vscode";

import { OPEN_SETTINGS } from "./generated.ts";

const ENTRIES: readonly (vscode.QuickPickItem & { readonly command: string; readonly args: readonly string[] })[] = [
    // Focuses the panel; other commands close it if it is open.
    { label: "$(warning) Show Problems", command: "workbench.panel.markers.view.focus", args: [] },
    { label: "$(folder) Check Workspace", command: "mothball.checkWorkspace", args: [] },
    { label: "$(refresh) Check Again", command: "mothball.checkAgain", args: [] },
    { label: "$(gear) Open Settings", command: OPEN_SETTINGS, args: [] },
    { label: "$(output) Show Output", command: "mothball.showOutput", args: [] },
    { label: "$(debug-restart) Restart Server", command: "mothball.restart", args: [] },
];

export async function showMenu(title: string): Promise<void> {
    const chosen = await vscode.window.showQuickPick(ENTRIES, { title });
    if (chosen !== undefined) {
        await vscode.commands.executeCommand(chosen.command, ...chosen.args);
    }
}

/** Show the settings of this extension. */
export function openSettings(): Thenable<unknown> {
    return vscode.commands.executeCommand("workbench.action.openSettings", "@ext:mothball.mothball");
}
