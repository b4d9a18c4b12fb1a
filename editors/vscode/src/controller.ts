/**
 * Start, restart and stop the one language server.
 *
 * It is started once a dependency file is open or in the workspace, and only in a trusted workspace. Starts and stops are
 * queued, so that concurrent events cannot start two servers. While no server is found, the search is repeated.
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
import { type Finding, findServer, type SearchContext, searchPathOf, type Server, type UvxPolicy } from "./finding.ts";
import { FILE_PATTERNS } from "./generated.ts";
import type { Messages } from "./messages.ts";
import type { PythonEnvironments } from "./python.ts";

/** Time for the server to exit by itself, in milliseconds. */
const EXIT_TIMEOUT = 2000;
/** Delay before an invalid setting is read again, in milliseconds. */
const SETTING_RETRY_DELAY = 2000;
/** Interval of the search while no server is found, in milliseconds. It only tests whether a few files exist. */
const SEARCH_INTERVAL = 3000;

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
    readonly #wheel: string;
    readonly #show: (state: State) => void;
    #client: LanguageClient | undefined;
    /** The client whose server has not responded yet. */
    #starting: LanguageClient | undefined;
    #command: string | undefined;
    #queue: Promise<void> = Promise.resolve();
    #needed = false;
    /** The next search for a server, while none is found. */
    #search: NodeJS.Timeout | undefined;

    constructor(
        output: vscode.LogOutputChannel,
        messages: Messages,
        environments: PythonEnvironments,
        directory: vscode.Uri,
        wheel: string,
        show: (state: State) => void,
    ) {
        this.#output = output;
        this.#messages = messages;
        this.#environments = environments;
        this.#directory = directory;
        this.#wheel = wheel;
        this.#show = show;
    }

    /** Start the server if there is a dependency file and it was not started before. */
    async startIfNeeded(): Promise<void> {
        if (!this.#needed && (await this.#hasDependencyFile())) {
            await this.start();
        }
    }

    /** Start the server if it does not run, even if it crashed too often. */
    start(): Promise<void> {
        this.#needed = true;
        return this.#enqueue(async () => {
            if (!this.#runs()) {
                await this.#stop();
                await this.#start();
            }
        });
    }

    /** Stop the server if it runs, find it again, and start it. */
    restart(): Promise<void> {
        this.#needed = true;
        this.#abandon();
        return this.#enqueue(async () => {
            await this.#stop();
            await this.#start();
        });
    }

    /** Restart the server if it was started before. */
    async restartIfNeeded(): Promise<void> {
        if (this.#needed) {
            await this.restart();
        }
    }

    /** Find the server again, and restart it if it is another one or does not run. */
    findAgain(): Promise<void> {
        return this.#enqueue(async () => {
            if (!this.#needed || !vscode.workspace.isTrusted) {
                return;
            }
            const finding = await this.#find();
            if (!this.#runs() || (finding.kind === "server" && finding.command !== this.#command)) {
                await this.#stop();
                await this.#start();
            }
        });
    }

    /** Send the current settings to the running server. */
    async configure(): Promise<void> {
        if (!this.#runs()) {
            return;
        }
        const settings = { [SECTION]: currentSettings() };
        await this.#client?.sendNotification(DidChangeConfigurationNotification.type, { settings });
    }

    stop(): Promise<void> {
        clearTimeout(this.#search);
        this.#abandon();
        return this.#enqueue(() => this.#stop());
    }

    /** Run a command on the server, which is started if necessary, and return its result. Shows a message if it fails. */
    async execute(command: string, args: readonly unknown[], canceled?: vscode.CancellationToken): Promise<unknown> {
        await this.start();
        if (this.#client === undefined) {
            void this.#messages.noServer();
            return undefined;
        }
        try {
            const request = { command, arguments: [...args] };
            return (await this.#client.sendRequest(ExecuteCommandRequest.type, request, canceled)) as unknown;
        } catch (error) {
            if (canceled?.isCancellationRequested !== true) {
                void this.#messages.failed(error);
            }
            return undefined;
        }
    }

    /** Run a command that checks files, with a notification that can cancel it, and show the summary. */
    async check(command: string, title: string): Promise<void> {
        const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
        const result = await vscode.window.withProgress(options, (_, canceled) => this.execute(command, [], canceled));
        if (isSummary(result)) {
            void this.#messages.summary(result.message);
        }
    }

    /** Return what the search for the server depends on, as it is now. Call only in trusted workspaces. */
    async searchContext(): Promise<SearchContext> {
        const configuration = vscode.workspace.getConfiguration(SECTION);
        return {
            setting: configuration.get<string>("path", ""),
            uvx: configuration.get<UvxPolicy>("uvx", "ask"),
            interpreters: await this.#environments.interpreters(),
            searchPath: searchPathOf(process.env, homedir(), process.platform),
            home: homedir(),
            platform: process.platform,
            wheel: this.#wheel,
            isProgram,
        };
    }

    /** Whether the server runs, or its client is restarting it. */
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

    /** Kill a server that has not responded yet, because it blocks the queue. */
    #abandon(): void {
        const client = this.#starting;
        this.#starting = undefined;
        client?.serverProcess?.kill();
    }

    async #start(): Promise<void> {
        if (!vscode.workspace.isTrusted) {
            this.#show({ kind: "untrusted" });
            return;
        }
        clearTimeout(this.#search);
        this.#show({ kind: "starting" });
        let finding = await this.#find();
        if (finding.kind === "wrong-setting") {
            // VS Code may first return the value of the local machine, which does not apply to a remote window.
            await delay(SETTING_RETRY_DELAY);
            finding = await this.#find();
        }
        const server = this.#settle(finding);
        if (server !== undefined) {
            await this.#run(server);
        } else {
            this.#searchLater();
        }
    }

    /** Return the server of `finding`, or show why there is none. */
    #settle(finding: Finding): Server | undefined {
        switch (finding.kind) {
            case "server":
                return finding;
            case "ask-for-uvx":
                this.#show({ kind: "missing" });
                // Not awaited: the question may stay open for hours, and must not block a restart.
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
        const onGivenUp = (): void => {
            void this.#messages.doesNotRun(server.command, "stopped repeatedly and was not restarted");
        };
        const onWork = (work: string): void => {
            if (client === this.#client && client.state === ClientState.Running) {
                this.#show(stateOf(client, client.state, where, work));
            }
        };
        const client = createClient(server, this.#directory.fsPath, this.#output, onGivenUp, onWork);
        client.onDidChangeState(({ newState }) => {
            // Ignore states before the first start is complete and after a stop.
            if (client === this.#client) {
                this.#show(stateOf(client, newState, where));
            }
        });
        this.#starting = client;
        try {
            await client.start();
        } catch {
            // The output has the details. An abandoned client is not an error.
            if (client === this.#starting) {
                this.#show({ kind: "failed", cause: "it exited during startup" });
                void this.#messages.doesNotRun(server.command, "exited during startup");
            }
            await client.dispose(EXIT_TIMEOUT).catch(() => undefined);
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
            await client?.dispose(EXIT_TIMEOUT);
        } catch (error) {
            this.#output.warn(`the server did not stop by itself: ${String(error)}`);
        }
    }

    async #find(): Promise<Finding> {
        return findServer(await this.searchContext());
    }

    /** Search again after a while, and start the server if it is there then. Shows nothing before that. */
    #searchLater(): void {
        clearTimeout(this.#search);
        this.#search = setTimeout(() => {
            void this.#enqueue(async () => {
                if (this.#runs()) {
                    return;
                }
                const finding = await this.#find();
                if (finding.kind === "server") {
                    await this.#run(finding);
                } else {
                    this.#searchLater();
                }
            });
        }, SEARCH_INTERVAL);
    }

    async #hasDependencyFile(): Promise<boolean> {
        const selector = documentSelector();
        if (vscode.workspace.textDocuments.some((document) => vscode.languages.match(selector, document) > 0)) {
            return true;
        }
        return (await vscode.workspace.findFiles(`{${FILE_PATTERNS.join(",")}}`, undefined, 1)).length > 0;
    }
}

function stateOf(client: LanguageClient, state: ClientState, where: string, work = ""): State {
    switch (state) {
        case ClientState.Running: {
            const version = client.initializeResult?.serverInfo?.version;
            return { kind: "running", server: version === undefined ? where : `mothball ${version}, ${where}`, work };
        }
        case ClientState.Stopped:
        case ClientState.StartFailed:
            return { kind: "failed", cause: "it stopped" };
        case ClientState.Starting:
            return { kind: "starting" };
    }
}

/** Whether `result` is a summary of the server, and not null, as after a cancellation. */
function isSummary(result: unknown): result is { readonly message: string } {
    return typeof result === "object" && result !== null && "message" in result && typeof result.message === "string";
}

async function isProgram(path: string): Promise<boolean> {
    try {
        await access(path, constants.X_OK);
        return (await stat(path)).isFile();
    } catch {
        return false;
    }
}
