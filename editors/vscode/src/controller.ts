/**
 * The life of the language server: when it is started, what happens when it cannot be, and that there is only one.
 *
 * It runs once a dependency file is open or in the workspace, and only in a workspace that is trusted. Starting and
 * stopping follow one another in a queue, so that no two events can start two servers.
 */

import { constants } from "node:fs";
import { access, mkdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

import * as vscode from "vscode";
import {
    DidChangeConfigurationNotification,
    ExecuteCommandRequest,
    type LanguageClient,
    State as ClientState,
} from "vscode-languageclient/node";

import { createClient, currentSettings, documentSelector, SECTION } from "./client.ts";
import type { State } from "./counting.ts";
import { type Finding, findServer, type Server, type UvxPolicy } from "./finding.ts";
import { FILE_PATTERNS, VERSION } from "./generated.ts";
import type { Messages } from "./messages.ts";
import type { PythonEnvironments } from "./python.ts";

/** How long the server may take to leave by itself, in milliseconds. */
const PATIENCE = 2000;
/** How long to wait before a setting that is of no use is looked at once more, in milliseconds. */
const SECOND_LOOK = 2000;

const ORIGINS = {
    setting: "from the setting mothball.path",
    environment: "from the selected Python environment",
    path: "found on PATH",
    uvx: "run by uvx",
} as const;

export class Controller {
    readonly #output: vscode.LogOutputChannel;
    readonly #messages: Messages;
    readonly #environments: PythonEnvironments;
    readonly #directory: vscode.Uri;
    readonly #show: (state: State) => void;
    #client: LanguageClient | undefined;
    /** The client that waits for its server's first answer, which may never come. */
    #starting: LanguageClient | undefined;
    #command: string | undefined;
    #queue: Promise<void> = Promise.resolve();
    #wanted = false;

    constructor(
        output: vscode.LogOutputChannel,
        messages: Messages,
        environments: PythonEnvironments,
        directory: vscode.Uri,
        show: (state: State) => void,
    ) {
        this.#output = output;
        this.#messages = messages;
        this.#environments = environments;
        this.#directory = directory;
        this.#show = show;
    }

    /** Start the server if there is something for it to do and it was not wanted before. */
    async startIfWanted(): Promise<void> {
        if (!this.#wanted && (await this.#hasDependencyFile())) {
            await this.start();
        }
    }

    /** Start the server if it does not run: also one that has died too often and was left alone. */
    start(): Promise<void> {
        this.#wanted = true;
        return this.#enqueue(async () => {
            if (!this.#runs()) {
                await this.#stop();
                await this.#start();
            }
        });
    }

    /** Stop the server if it runs, look for it anew, and start it. */
    restart(): Promise<void> {
        this.#wanted = true;
        this.#abandon();
        return this.#enqueue(async () => {
            await this.#stop();
            await this.#start();
        });
    }

    /** As `restart`, unless nobody has needed the server yet. */
    async restartIfWanted(): Promise<void> {
        if (this.#wanted) {
            await this.restart();
        }
    }

    /** Look for the server anew, for something has changed; do nothing when nobody has needed it yet, or it is the same. */
    refind(): Promise<void> {
        return this.#enqueue(async () => {
            if (!this.#wanted || !vscode.workspace.isTrusted) {
                return;
            }
            const finding = await this.#find();
            if (!this.#runs() || (finding.kind === "server" && finding.command !== this.#command)) {
                await this.#stop();
                await this.#start();
            }
        });
    }

    /** Tell the running server the settings as they are now. */
    async configure(): Promise<void> {
        if (!this.#runs()) {
            return;
        }
        const settings = { [SECTION]: currentSettings() };
        await this.#client?.sendNotification(DidChangeConfigurationNotification.type, { settings });
    }

    stop(): Promise<void> {
        this.#abandon();
        return this.#enqueue(() => this.#stop());
    }

    /** Have the server do `command`, starting it first. Says why when there is no server. */
    async execute(command: string, args: readonly unknown[]): Promise<void> {
        await this.start();
        if (this.#client === undefined) {
            await this.#messages.noServer();
            return;
        }
        try {
            await this.#client.sendRequest(ExecuteCommandRequest.type, { command, arguments: [...args] });
        } catch (error) {
            await this.#messages.failed(error);
        }
    }

    /** Whether there is a server, or its client is about to start another in place of one that has died. */
    #runs(): boolean {
        const state = this.#client?.state;
        return state === ClientState.Running || state === ClientState.Starting;
    }

    #enqueue(step: () => Promise<void>): Promise<void> {
        const done = this.#queue.then(step);
        this.#queue = done.catch((error: unknown) => {
            this.#output.error(String(error));
        });
        return this.#queue;
    }

    /** Do not wait any longer for a server that has not answered: all else waits in the queue behind it. */
    #abandon(): void {
        const waiting = this.#starting;
        this.#starting = undefined;
        waiting?.serverProcess?.kill();
    }

    async #start(): Promise<void> {
        if (!vscode.workspace.isTrusted) {
            this.#show({ kind: "untrusted" });
            return;
        }
        this.#show({ kind: "starting" });
        let finding = await this.#find();
        if (finding.kind === "wrong-setting") {
            // At first, VS Code may hold a setting for one's own machine that does not count in a remote window.
            await delay(SECOND_LOOK);
            finding = await this.#find();
        }
        const server = this.#settle(finding);
        if (server !== undefined) {
            await this.#run(server);
        }
    }

    /** Return the server that `finding` leads to, after asking where that is needed; nothing when there is none. */
    #settle(finding: Finding): Server | undefined {
        switch (finding.kind) {
            case "server":
                return finding;
            case "ask-for-uvx":
                this.#show({ kind: "missing" });
                // Not awaited: a question may stand for hours, and restarting must work meanwhile.
                void this.#messages.askForUvx();
                return undefined;
            case "wrong-setting":
                this.#show({ kind: "failed", cause: `mothball.path: ${finding.cause}` });
                void this.#messages.wrongSetting(finding.value, finding.cause);
                return undefined;
            case "missing":
                this.#show({ kind: "missing" });
                void this.#messages.missing();
                return undefined;
        }
    }

    async #run(server: Server): Promise<void> {
        await mkdir(this.#directory.fsPath, { recursive: true });
        const where = `${server.command} (${ORIGINS[server.origin]})`;
        this.#output.info(`starting ${[server.command, ...server.args].join(" ")}, ${ORIGINS[server.origin]}`);
        const client = createClient(server, this.#directory.fsPath, this.#output, () => {
            void this.#messages.doesNotRun(server.command, "has stopped again and again, and is left alone");
        });
        client.onDidChangeState(({ newState }) => {
            // While it starts for the first time we show more than the client knows; after stop() it is not ours.
            if (client === this.#client) {
                this.#show(stateOf(client, newState, where));
            }
        });
        this.#starting = client;
        try {
            await client.start();
        } catch {
            // What it said is in the output. One that was abandoned has failed nobody.
            if (client === this.#starting) {
                this.#show({ kind: "failed", cause: "it has ended before it answered" });
                void this.#messages.doesNotRun(server.command, "ended before it answered");
            }
            await client.dispose(PATIENCE).catch(() => undefined);
            return;
        } finally {
            this.#starting = undefined;
        }
        this.#client = client;
        this.#command = server.command;
        this.#show(stateOf(client, client.state, where));
    }

    async #stop(): Promise<void> {
        const client = this.#client;
        this.#client = undefined;
        this.#command = undefined;
        try {
            await client?.dispose(PATIENCE);
        } catch (error) {
            this.#output.warn(`the server did not stop by itself: ${String(error)}`);
        }
    }

    async #find(): Promise<Finding> {
        const configuration = vscode.workspace.getConfiguration(SECTION);
        return findServer({
            setting: configuration.get<string>("path", ""),
            uvx: configuration.get<UvxPolicy>("uvx", "ask"),
            interpreters: await this.#environments.interpreters(),
            searchPath: process.env["PATH"] ?? process.env["Path"] ?? "",
            home: homedir(),
            platform: process.platform,
            version: VERSION,
            isProgram,
        });
    }

    async #hasDependencyFile(): Promise<boolean> {
        const selector = documentSelector();
        if (vscode.workspace.textDocuments.some((document) => vscode.languages.match(selector, document) > 0)) {
            return true;
        }
        return (await vscode.workspace.findFiles(`{${FILE_PATTERNS.join(",")}}`, undefined, 1)).length > 0;
    }
}

function stateOf(client: LanguageClient, state: ClientState, where: string): State {
    switch (state) {
        case ClientState.Running: {
            const version = client.initializeResult?.serverInfo?.version;
            return { kind: "running", server: version === undefined ? where : `mothball ${version}, ${where}` };
        }
        case ClientState.Stopped:
        case ClientState.StartFailed:
            return { kind: "failed", cause: "it has stopped" };
        case ClientState.Starting:
            return { kind: "starting" };
    }
}

async function isProgram(path: string): Promise<boolean> {
    try {
        await access(path, constants.X_OK);
        return (await stat(path)).isFile();
    } catch {
        return false;
    }
}
