/** Status bar item: state of the server and number of findings. */

import * as vscode from "vscode";

import { add, countFindings, type Counts, appearanceOf, NOTHING, type State } from "./counting.ts";

export class StatusBar implements vscode.Disposable {
    readonly #item = vscode.window.createStatusBarItem("mothball.status", vscode.StatusBarAlignment.Left, 0);
    readonly #subscription: vscode.Disposable;
    // By file, because counting all diagnostics at every keystroke is too slow.
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
        const appearance = appearanceOf(this.#state, [...this.#counts.values()].reduce(add, NOTHING));
        if (appearance === undefined) {
            this.#item.hide();
            return;
        }
        this.#item.text = appearance.text;
        this.#item.tooltip = appearance.tooltip;
        this.#item.command = appearance.command;
        this.#item.accessibilityInformation = { label: appearance.label };
        this.#item.backgroundColor = appearance.warns ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
        this.#item.show();
    }
}
