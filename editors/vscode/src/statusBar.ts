/** The item in the status bar: what state the server is in, and how much it has found. */

import * as vscode from "vscode";

import { add, countFindings, type Counts, faceOf, NOTHING, type State } from "./counting.ts";

export class StatusBar implements vscode.Disposable {
    readonly #item = vscode.window.createStatusBarItem("mothball.status", vscode.StatusBarAlignment.Left, 0);
    readonly #subscription: vscode.Disposable;
    // By file: others' diagnostics change with every key, and counting all of them each time would be felt.
    readonly #counts = new Map<string, Counts>();
    #state: State = { kind: "idle" };

    constructor() {
        this.#item.name = "mothball";
        this.#subscription = vscode.languages.onDidChangeDiagnostics(({ uris }) => {
            for (const uri of uris) {
                this.#counts.set(uri.toString(), countFindings(vscode.languages.getDiagnostics(uri)));
            }
            this.#refresh();
        });
    }

    show(state: State): void {
        this.#state = state;
        this.#refresh();
    }

    dispose(): void {
        this.#subscription.dispose();
        this.#item.dispose();
    }

    #refresh(): void {
        const face = faceOf(this.#state, [...this.#counts.values()].reduce(add, NOTHING));
        if (face === undefined) {
            this.#item.hide();
            return;
        }
        this.#item.text = face.text;
        this.#item.tooltip = face.tooltip;
        this.#item.command = face.command;
        this.#item.accessibilityInformation = { label: face.label };
        this.#item.backgroundColor = face.warns ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
        this.#item.show();
    }
}
