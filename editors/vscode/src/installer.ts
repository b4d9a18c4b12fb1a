/** Installs mothball with a command that the user chooses, or lets the user choose an installed program. */

import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { basename } from "node:path";
import { createInterface } from "node:readline";

import * as vscode from "vscode";

import { SECTION } from "./client.ts";
import type { SearchContext } from "./finding.ts";
import { findInstallations, type Installation } from "./installing.ts";
import type { Messages } from "./messages.ts";

const PLACES = {
    environment: "Install in the Python environment of this workspace",
    user: "Install once for all projects",
} as const;

interface Choice extends vscode.QuickPickItem {
    readonly run: () => Promise<void>;
}

export class Installer {
    readonly #output: vscode.LogOutputChannel;
    readonly #messages: Messages;
    readonly #directory: vscode.Uri;
    readonly #context: () => Promise<SearchContext>;

    /** Commands run in `directory`, never in the workspace, whose uv.toml could name another index. */
    constructor(
        output: vscode.LogOutputChannel,
        messages: Messages,
        directory: vscode.Uri,
        context: () => Promise<SearchContext>,
    ) {
        this.#output = output;
        this.#messages = messages;
        this.#directory = directory;
        this.#context = context;
    }

    /** Show the ways to install mothball, and follow the chosen one. */
    async choose(): Promise<void> {
        // The environment of a workspace that is not trusted must not be run.
        if (!vscode.workspace.isTrusted) {
            await this.#messages.noServer();
            return;
        }
        const installations = await findInstallations(await this.#context());
        const choices: Choice[] = [
            ...installations.map((installation) => ({
                label: PLACES[installation.place],
                // The start is always visible, unlike the end of a long path.
                detail: `${basename(installation.command)} ${shownArguments(installation)} (${installation.command})`,
                run: () => this.#install(installation),
            })),
            { label: "Choose Path…", detail: "mothball is installed elsewhere", run: () => this.choosePath() },
            { label: "Show Instructions", run: () => this.#messages.howToInstall() },
        ];
        const title = "Install the mothball of this extension with one of these commands:";
        await (await vscode.window.showQuickPick(choices, { title, matchOnDetail: true }))?.run();
    }

    /** Let the user choose the program, and store it in the setting. */
    async choosePath(): Promise<void> {
        const options = { title: "Choose the program mothball", openLabel: "Use This Program" };
        const [program] = (await vscode.window.showOpenDialog(options)) ?? [];
        if (program !== undefined) {
            const configuration = vscode.workspace.getConfiguration(SECTION);
            await configuration.update("path", program.fsPath, vscode.ConfigurationTarget.Global);
        }
    }

    async #install(installation: Installation): Promise<void> {
        const options = { location: vscode.ProgressLocation.Notification, title: "Installing mothball", cancellable: true };
        const code = await vscode.window.withProgress(options, (_, canceled) => this.#run(installation, canceled));
        if (code === 0) {
            await vscode.commands.executeCommand("mothball.restart");
        } else if (code !== undefined) {
            await this.#messages.installationFailed(code);
        }
    }

    /** Run the command with its output in the log. Return its exit code, or nothing if the user canceled it. */
    async #run({ command, args }: Installation, canceled: vscode.CancellationToken): Promise<number | undefined> {
        await mkdir(this.#directory.fsPath, { recursive: true });
        this.#output.info(`running ${[command, ...args].join(" ")}`);
        const child = spawn(command, args, { cwd: this.#directory.fsPath, stdio: ["ignore", "pipe", "pipe"] });
        canceled.onCancellationRequested(() => child.kill());
        for (const stream of [child.stdout, child.stderr]) {
            createInterface(stream).on("line", (line) => {
                this.#output.info(line);
            });
        }
        return new Promise((resolve) => {
            child.once("error", (error) => {
                this.#output.error(error.message);
                resolve(1);
            });
            child.once("close", (code) => {
                resolve(canceled.isCancellationRequested ? undefined : (code ?? 1));
            });
        });
    }
}

/** Return the arguments with the name of the wheel instead of its long path, which the log shows. */
function shownArguments({ args }: Installation): string {
    return args.map((argument) => (argument.endsWith(".whl") ? basename(argument) : argument)).join(" ");
}
