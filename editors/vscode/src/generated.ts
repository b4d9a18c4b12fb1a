// Made by generate.py from mothball's own tables; a test of the project fails when the two disagree.

/** The version of mothball that this extension belongs to. */
export const VERSION = "0.1.0";

/** The files that mothball reads, by name. */
export const FILE_PATTERNS: readonly string[] = [
    "**/pyproject.toml",
    "**/Pipfile",
    "**/hatch.toml",
    "**/pixi.toml",
    "**/tox.toml",
    "**/setup.cfg",
    "**/setup.py",
    "**/tox.ini",
    "**/*environment*.yml",
    "**/*environment*.yaml",
    "**/.pre-commit-config.yaml",
    "**/.pre-commit-hooks.yaml",
    "**/uv.lock",
    "**/*.py.lock",
    "**/poetry.lock",
    "**/pdm.lock",
    "**/pylock.toml",
    "**/pylock.*.toml",
    "**/Pipfile.lock",
    "**/*requirements*.txt",
    "**/*requirements*.in",
    "**/*constraints*.txt",
    "**/*constraints*.in",
    "**/requirements/*.txt",
    "**/requirements/*.in",
];

/** The commands that the server takes. */
export const SERVER_COMMANDS: readonly string[] = [
    "mothball.checkAgain",
    "mothball.checkWorkspace",
    "mothball.openPage",
];

/** The settings that the server knows. */
export const SERVER_SETTINGS: readonly string[] = [
    "indexUrl",
    "trustedHosts",
    "private",
    "offline",
    "maxAge",
    "allowLocalIndexes",
    "deprecatedTag",
    "scripts",
    "workspaceDiagnostics",
];
