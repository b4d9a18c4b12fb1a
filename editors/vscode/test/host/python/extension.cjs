// The selected interpreter is what MOTHBALL_TEST_INTERPRETER names, until the command selects another.
const vscode = require("vscode");

exports.activate = (context) => {
    const changed = new vscode.EventEmitter();
    let selected = process.env.MOTHBALL_TEST_INTERPRETER;
    context.subscriptions.push(
        changed,
        vscode.commands.registerCommand("mothball-tests.selectInterpreter", (path) => {
            selected = path;
            changed.fire({ path });
        }),
    );
    return {
        environments: {
            getActiveEnvironmentPath: () => ({ path: selected }),
            resolveEnvironment: async ({ path }) => ({ executable: { uri: vscode.Uri.file(path) } }),
            onDidChangeActiveEnvironmentPath: changed.event,
        },
    };
};
