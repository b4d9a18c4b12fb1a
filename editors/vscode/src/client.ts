/** The connection to one run of the language server. */

import * as vscode from "vscode";
import {
    CloseAction,
    type DynamicFeature,
    ErrorAction,
    type ErrorHandler,
    ExecuteCommandRequest,
    LanguageClient,
    type LanguageClientOptions,
    type Middleware,
    type ProgressToken,
    RevealOutputChannelOn,
    type StaticFeature,
    TransportKind,
} from "vscode-languageclient/node";

import type { Server } from "./finding.ts";
import { FILE_PATTERNS, SERVER_SETTINGS } from "./generated.ts";

export const SECTION = "mothball";

/** Maximum number of restarts after crashes within three minutes. */
const RESTARTS = 4;

/**
 * A language client that registers no commands and shows no notifications: the extension registers its commands before
 * the server runs, and shows one message for a failure. Details are in the output.
 */
class Client extends LanguageClient {
    override error(message: string, data?: unknown): void {
        // Without stack traces of this extension, which would hide the output of the server.
        super.error(data instanceof Error ? `${message} ${data.message}` : message, undefined, false);
    }

    // The signature of the library.
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    override registerFeature(feature: StaticFeature | DynamicFeature<any>): void {
        const isForCommands =
            "registrationType" in feature && feature.registrationType.method === ExecuteCommandRequest.method;
        if (!isForCommands) {
            super.registerFeature(feature);
        }
    }
}

/** Select the documents of the server by file name, not by language. */
export function documentSelector(): { scheme: string; pattern: string }[] {
    const scripts = vscode.workspace.getConfiguration(SECTION).get<boolean>("scripts", false) ? ["**/*.py"] : [];
    return [...FILE_PATTERNS, ...scripts].map((pattern) => ({ scheme: "file", pattern }));
}

/**
 * Return a client for `server`, not started yet. The working directory of the server is `directory`, never the workspace.
 * A crashed server is restarted a few times; then `onGivenUp` is called. `onWork` is called with a description of what the
 * server does, such as a lookup, and with an empty string once it has finished.
 */
export function createClient(
    server: Server,
    directory: string,
    output: vscode.LogOutputChannel,
    onGivenUp: () => void,
    onWork: (work: string) => void,
): LanguageClient {
    const errorHandler: ErrorHandler = {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        // A server that exited during initialization would do so again.
        closed: async () => {
            if (client.initializeResult === undefined) {
                return { action: CloseAction.DoNotRestart, handled: true };
            }
            const result = await restartPolicy.closed();
            if (result.action === CloseAction.DoNotRestart) {
                onGivenUp();
            }
            return { ...result, handled: true };
        },
    };
    const work = new Map<ProgressToken, string>();
    const options: LanguageClientOptions = {
        documentSelector: documentSelector(),
        errorHandler,
        initializationFailedHandler: () => false,
        initializationOptions: currentSettings(),
        middleware: { handleWorkDoneProgress: reportWork(work, onWork) },
        outputChannel: output,
        revealOutputChannelOn: RevealOutputChannelOn.Never,
    };
    const executable = {
        command: server.command,
        args: [...server.args],
        transport: TransportKind.stdio,
        options: { cwd: directory },
    };
    const client = new Client(SECTION, "mothball", executable, options);
    // A server that crashed does not end its work.
    client.onDidChangeState(() => {
        work.clear();
    });
    const restartPolicy = client.createDefaultErrorHandler(RESTARTS);
    return client;
}

/** Pass progress of the server to `onWork`, instead of an own item of the status bar for each; `titles` has its titles. */
function reportWork(
    titles: Map<ProgressToken, string>,
    onWork: (work: string) => void,
): NonNullable<Middleware["handleWorkDoneProgress"]> {
    return (token, params, next) => {
        if (params.kind === "begin") {
            // Shown after the name of the extension.
            titles.set(token, params.title.replace(/^mothball:? /, ""));
        } else if (params.kind === "end") {
            titles.delete(token);
            next(token, params);
        }
        const [title = ""] = titles.values();
        const message = params.kind === "end" || params.message === undefined ? "" : ` (${params.message})`;
        onWork(title === "" ? "" : `${title}${message}`);
    };
}

/** Return the settings that the server knows, as they are now. */
export function currentSettings(): Record<string, unknown> {
    const configuration = vscode.workspace.getConfiguration(SECTION);
    return Object.fromEntries(SERVER_SETTINGS.map((key) => [key, configuration.get<unknown>(key)]));
}
