/** The connection to one run of the language server. */

import * as vscode from "vscode";
import {
    type DynamicFeature,
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

/** A language client that leaves the palette to us: our commands must be there before the server is. */
class Client extends LanguageClient {
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

/** Return a client for `server`, not started yet. The server's working directory is `directory`, never the workspace. */
export function createClient(server: Server, directory: string, output: vscode.LogOutputChannel): LanguageClient {
    const options: LanguageClientOptions = {
        documentSelector: documentSelector(),
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
    return new Client(SECTION, "mothball", executable, options);
}

/** Return the settings that the server knows, as they are now. */
export function currentSettings(): Record<string, unknown> {
    const configuration = vscode.workspace.getConfiguration(SECTION);
    return Object.fromEntries(SERVER_SETTINGS.map((key) => [key, configuration.get<unknown>(key)]));
}
