/** Status bar item: state of the server and findings by rule. */

import * as vscode from "vscode";

import { appearanceOf, type Counts, countFindings, type State, sum } from "./counting.ts";

export class StatusBar implements vscode.Disposable {
    readonly #item = vscode.window.createStatusBarItem("mothball.status", vscode.StatusBarAlignment.Left, 0);
    readonly #subscription: vscode.Disposable;
    // By file, because counting all diagnostics at every keystroke is too slow.
    readonly #counts = new Map<string, Counts>();
    #state: State = { kind: "idle" };
    /** What the item says, in words. */
    summary = "mothball";

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
        const appearance = appearanceOf(this.#state, sum(this.#counts.values()));
        if (appearance === undefined) {
            this.#item.hide();
            return;
        }
        this.summary = appearance.label;
        this.#item.text = appearance.text;
        this.#item.tooltip = appearance.tooltip;
        this.#item.command = appearance.command;
        this.#item.accessibilityInformation = { label: appearance.label };
        this.#item.backgroundColor = appearance.warns ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
        this.#item.show();
    }
}
