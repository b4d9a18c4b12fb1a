/**
 * What VS Code itself says of the extension: through its API, in its process, with the installed server.
 *
 * The workspace and the selected interpreter are made by tests/editors/vscode/test_extension_host.py.
 */

import assert from "node:assert/strict";
import { stat } from "node:fs/promises";

import * as vscode from "vscode";

import { FILE_PATTERNS } from "../../src/generated.ts";
import { directoryOf, eventually, file, findings, flagged, open, servers } from "./world.ts";

const EXTENSION = "mothball.mothball";

/** What is flagged in requirements.txt, in its order. */
const FLAGGED = ["cloakroom", "tallybook", "quill-templates"];

/** Name to test, in the order in which they run; each leaves the files as it found them. */
export const tests: Record<string, () => Promise<void>> = {
    "a workspace with a dependency file activates the extension": async () => {
        const extension = vscode.extensions.getExtension(EXTENSION);
        assert.ok(extension, "the extension is not installed");
        await eventually("an active extension", () => extension.isActive || undefined);
    },

    "the server of the selected environment is started, once": async () => {
        const [server] = await eventually("a server", async () => {
            const found = await servers();
            return found.length > 0 ? found : undefined;
        });
        assert.ok(server);
        assert.equal((await servers()).length, 1);
    },

    "the server's working directory is not the workspace": async () => {
        const [server] = await servers();
        assert.ok(server);
        const directory = await directoryOf(server);
        assert.ok(!directory.startsWith(file("").fsPath), directory);
        assert.ok((await stat(directory)).isDirectory());
    },

    "requirements.txt: exactly the names of flagged projects are underlined": async () => {
        const document = await open("requirements.txt");
        const [quarantined, deprecated, archived] = await flagged(document.uri, FLAGGED);
        assert.ok(archived && deprecated && quarantined);
        assert.equal(archived.severity, vscode.DiagnosticSeverity.Error);
        assert.equal(deprecated.severity, vscode.DiagnosticSeverity.Warning);
        assert.equal(quarantined.severity, vscode.DiagnosticSeverity.Error);
        assert.equal(ruleOf(archived), "archived");
        assert.match(archived.message, /merged into lantern-web 4/);
        // An underline, not a strike-through, unless the setting asks for it.
        assert.deepEqual(archived.tags ?? [], []);
    },

    "pyproject.toml: characters outside the basic plane before a name do not shift its underline": async () => {
        const document = await open("pyproject.toml");
        const [archived] = await flagged(document.uri, ["quill-templates"]);
        assert.ok(archived);
        assert.match(document.lineAt(archived.range.start.line).text.slice(0, archived.range.start.character), /🧺/u);
    },

    "hover shows status and reason": async () => {
        const document = await open("requirements.txt");
        const archived = (await flagged(document.uri, FLAGGED)).at(-1);
        assert.ok(archived);
        const hover = await hoverText(document.uri, archived.range.start.translate(0, 2));
        assert.match(hover, /archived/i);
        assert.match(hover, /merged into lantern-web 4/);
    },

    "hover shows an active status": async () => {
        const document = await open("requirements.txt");
        const at = document.positionAt(document.getText().indexOf("lantern-web") + 1);
        assert.match(await hoverText(document.uri, at), /active/i);
    },

    "a quick fix clears the diagnostic, and undoing it restores it": async () => {
        const document = await open("requirements.txt");
        const archived = (await flagged(document.uri, FLAGGED)).at(-1);
        assert.ok(archived);
        const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
            "vscode.executeCodeActionProvider",
            document.uri,
            archived.range,
            vscode.CodeActionKind.QuickFix.value,
        );
        const ignore = actions.find(({ title }) => /in a comment/.test(title));
        assert.ok(ignore?.edit, `offered: ${actions.map(({ title }) => title).join(", ")}`);
        await vscode.workspace.applyEdit(ignore.edit);
        assert.match(document.getText(), /quill-templates.*# mothball: ignore\[archived\]/);
        // The placeholder in the comment is reported until it is replaced with a reason.
        await flagged(document.uri, [...FLAGGED.slice(0, -1), "# mothball: ignore[archived] WHY"]);
        await vscode.commands.executeCommand("workbench.action.files.revert");
        await flagged(document.uri, FLAGGED);
    },

    "checking the workspace flags files that are not open": async () => {
        const closed = file("services/mail/requirements.txt");
        assert.deepEqual(findings(closed), []);
        await vscode.commands.executeCommand("mothball.checkWorkspace");
        await eventually("a finding in a file that is not open", () => findings(closed)[0]);
    },

    "checking again leaves the same findings": async () => {
        const document = await open("requirements.txt");
        await vscode.commands.executeCommand("mothball.checkAgain");
        await flagged(document.uri, FLAGGED);
    },

    "restarting replaces the server": async () => {
        const document = await open("requirements.txt");
        const [before] = await servers();
        await vscode.commands.executeCommand("mothball.restart");
        const after = await servers();
        assert.equal(after.length, 1);
        assert.notEqual(after[0], before);
        await flagged(document.uri, FLAGGED);
    },

    "a killed server is restarted": async () => {
        const document = await open("requirements.txt");
        const [before] = await servers();
        assert.ok(before);
        process.kill(before, "SIGKILL");
        await eventually("another server", async () => (await servers()).find((id) => id !== before));
        await flagged(document.uri, FLAGGED);
    },

    "selecting another interpreter starts the server of its environment": async () => {
        const [before] = await servers();
        await vscode.commands.executeCommand("mothball-tests.selectInterpreter", file("other/bin/python").fsPath);
        await eventually("another server", async () => (await servers()).find((id) => id !== before));
        const document = await open("requirements.txt");
        await flagged(document.uri, FLAGGED);
        assert.equal((await servers()).length, 1);
    },

    "a setting reaches the running server": async () => {
        const document = await open("requirements.txt");
        const [before] = await servers();
        const configuration = vscode.workspace.getConfiguration("mothball");
        await configuration.update("deprecatedTag", true, vscode.ConfigurationTarget.Global);
        await eventually("the tag", () => findings(document.uri).find(({ tags }) => tags?.length === 1));
        await configuration.update("deprecatedTag", undefined, vscode.ConfigurationTarget.Global);
        await eventually("no tag", () => findings(document.uri).every(({ tags }) => !tags?.length) || undefined);
        assert.deepEqual(await servers(), [before]);
    },

    "a repository cannot set machine and application settings": async () => {
        const settings = JSON.parse(
            (await vscode.workspace.openTextDocument(file(".vscode/settings.json"))).getText(),
        ) as Record<string, unknown>;
        assert.ok(Object.keys(settings).length >= 8);
        for (const [key, hostile] of Object.entries(settings)) {
            const effective = vscode.workspace.getConfiguration().get(key);
            assert.notDeepEqual(effective, hostile, `${key} is taken from the repository`);
        }
    },

    "application settings apply to remote windows": () => {
        const configuration = vscode.workspace.getConfiguration("mothball");
        assert.equal(vscode.env.remoteName !== undefined, true);
        assert.deepEqual(configuration.get("private"), ["acme-*"]);
        assert.equal(configuration.get("maxAge"), "12h");
        return Promise.resolve();
    },

    "VS Code matches the same file names as mothball": async () => {
        const samples = JSON.parse(
            (await vscode.workspace.openTextDocument(file("names.json"))).getText(),
        ) as Record<string, boolean>;
        const selector = FILE_PATTERNS.map((pattern) => ({ scheme: "file", pattern }));
        assert.ok(Object.keys(samples).length > 40);
        for (const [name, isOurs] of Object.entries(samples)) {
            const document = await vscode.workspace.openTextDocument(file(`names/${name}`));
            assert.equal(vscode.languages.match(selector, document) > 0, isOurs, name);
        }
    },

    "the schema of mothball.toml is added to the settings of Even Better TOML": async () => {
        const setting = "evenBetterToml.schema.associations";
        const configuration = vscode.workspace.getConfiguration();
        await configuration.update(setting, { other: "file:///other.json" }, vscode.ConfigurationTarget.Global);
        await vscode.commands.executeCommand("mothball.useSchema");
        const associations = vscode.workspace.getConfiguration().get<Record<string, string>>(setting) ?? {};
        assert.equal(associations["other"], "file:///other.json");
        const ours = Object.keys(associations).find((pattern) => new RegExp(pattern).test("/srv/shop/mothball.toml"));
        assert.ok(ours);
        assert.ok(!new RegExp(ours).test("/srv/shop/not-mothball.toml"));
        const schema = await vscode.workspace.openTextDocument(vscode.Uri.parse(associations[ours] ?? ""));
        const { properties } = JSON.parse(schema.getText()) as { properties: Record<string, unknown> };
        assert.ok("severity" in properties);
    },

    "all server commands are registered": async () => {
        const advertised = JSON.parse(
            (await vscode.workspace.openTextDocument(file("commands.json"))).getText(),
        ) as string[];
        assert.ok(advertised.includes("mothball.openPage"));
        const known = await vscode.commands.getCommands(true);
        for (const command of advertised) {
            assert.ok(known.includes(command), command);
        }
    },

    "all palette commands are registered": async () => {
        const known = await vscode.commands.getCommands(true);
        const manifest = vscode.extensions.getExtension(EXTENSION)?.packageJSON as {
            contributes: { commands: { command: string }[] };
        };
        assert.ok(manifest.contributes.commands.length >= 5);
        for (const { command } of manifest.contributes.commands) {
            assert.ok(known.includes(command), command);
        }
    },
};

function ruleOf({ code }: vscode.Diagnostic): unknown {
    return typeof code === "object" ? code.value : code;
}

async function hoverText(uri: vscode.Uri, at: vscode.Position): Promise<string> {
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>("vscode.executeHoverProvider", uri, at);
    return hovers
        .flatMap(({ contents }) => contents)
        .map((content) => (content instanceof vscode.MarkdownString ? content.value : ""))
        .join("\n");
}
