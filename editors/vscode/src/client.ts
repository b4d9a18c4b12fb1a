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
    RevealOutputChannelOn,
    type StaticFeature,
    TransportKind,
} from "vscode-languageclient/node";

import type { Server } from "./finding.ts";
import { FILE_PATTERNS, SERVER_SETTINGS } from "./generated.ts";

export const SECTION = "mothball";

/** How often a server that has died is started again within three minutes. */
const RESTARTS = 4;

/**
 * A language client that leaves the palette and the notifications to us: our commands must be there before the server
 * is, and one failure is one message. What went wrong in detail is in the output.
 */
class Client extends LanguageClient {
    override error(message: string, data?: unknown): void {
        // Without the traces of this extension: people look here for what the server said.
        super.error(data instanceof Error ? `${message} ${data.message}` : message, undefined, false);
    }

    // The library's own signature; what is registered is told apart by the request it is for.
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    override registerFeature(feature: StaticFeature | DynamicFeature<any>): void {
        const isForCommands =
            "registrationType" in feature && feature.registrationType.method === ExecuteCommandRequest.method;
        if (!isForCommands) {
            super.registerFeature(feature);
        }
    }
}

/** Return which documents the server is told of: by the names of files, never by language. */
export function documentSelector(): { scheme: string; pattern: string }[] {
    const scripts = vscode.workspace.getConfiguration(SECTION).get<boolean>("scripts", false) ? ["**/*.py"] : [];
    return [...FILE_PATTERNS, ...scripts].map((pattern) => ({ scheme: "file", pattern }));
}

/**
 * Return a client for `server`, not started yet. The server's working directory is `directory`, never the workspace.
 * A server that dies is started again a few times; then `onGivenUp` is called.
 */
export function createClient(
    server: Server,
    directory: string,
    output: vscode.LogOutputChannel,
    onGivenUp: () => void,
): LanguageClient {
    const errorHandler: ErrorHandler = {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        // A server that has died before it answered will do so again.
        closed: async () => {
            if (client.initializeResult === undefined) {
                return { action: CloseAction.DoNotRestart, handled: true };
            }
            const result = await patience.closed();
            if (result.action === CloseAction.DoNotRestart) {
                onGivenUp();
            }
            return { ...result, handled: true };
        },
    };
    const options: LanguageClientOptions = {
        documentSelector: documentSelector(),
        errorHandler,
        initializationFailedHandler: () => false,
        initializationOptions: currentSettings(),
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
    const patience = client.createDefaultErrorHandler(RESTARTS);
    return client;
}

/** Return the settings that the server knows, as they are now. */
export function currentSettings(): Record<string, unknown> {
    const configuration = vscode.workspace.getConfiguration(SECTION);
    return Object.fromEntries(SERVER_SETTINGS.map((key) => [key, configuration.get<unknown>(key)]));
}
