/** What the tests in the extension host look with: documents, diagnostics, the processes on this machine. */

import { readdir, readFile, readlink } from "node:fs/promises";

import * as vscode from "vscode";

const PATIENCE = 30_000;

/** Return the address of a file of the workspace. */
export function file(path: string): vscode.Uri {
    const folder = vscode.workspace.workspaceFolders?.[0];
    if (folder === undefined) {
        throw new Error("no folder is open");
    }
    return vscode.Uri.joinPath(folder.uri, path);
}

export async function open(path: string): Promise<vscode.TextDocument> {
    const document = await vscode.workspace.openTextDocument(file(path));
    await vscode.window.showTextDocument(document);
    return document;
}

/** Return what `look` finds, looking again until it finds something. */
export async function eventually<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
    const end = Date.now() + PATIENCE;
    while (Date.now() < end) {
        const found = await look();
        if (found !== undefined) {
            return found;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`never seen: ${what}`);
}

export function findings(uri: vscode.Uri): vscode.Diagnostic[] {
    return vscode.languages.getDiagnostics(uri).filter(({ source }) => source === "mothball");
}

/** Return mothball's diagnostics of `uri` once they are about the texts `expected`, in the order of the file. */
export async function flagged(uri: vscode.Uri, expected: readonly string[]): Promise<vscode.Diagnostic[]> {
    const document = await vscode.workspace.openTextDocument(uri);
    return eventually(`${expected.join(", ")} in ${uri.path}`, () => {
        const found = findings(uri).sort((one, other) => one.range.start.compareTo(other.range.start));
        const texts = found.map(({ range }) => document.getText(range));
        return texts.join("\n") === expected.join("\n") ? found : undefined;
    });
}

/** Return the process ids of the servers that this extension host has started. */
export async function servers(): Promise<number[]> {
    const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
    const found: number[] = [];
    for (const id of ids) {
        const stat = await readFile(`/proc/${String(id)}/stat`, "utf8").catch(() => "");
        const command = await readFile(`/proc/${String(id)}/cmdline`, "utf8").catch(() => "");
        // After the name in parentheses, which may hold anything: state, parent.
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        if (parent === process.pid && command.split("\0").includes("lsp")) {
            found.push(id);
        }
    }
    return found;
}

export function directoryOf(process: number): Promise<string> {
    return readlink(`/proc/${String(process)}/cwd`);
}
