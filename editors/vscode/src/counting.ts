/** Text of the status bar item. Pure, so that it can be tested without an editor. */

/** Number of findings by severity, of open files and the last check of the workspace. */
export interface Counts {
    readonly errors: number;
    readonly warnings: number;
    readonly notes: number;
}

/** The fields of a diagnostic that are counted; severities are those of VS Code, 0 is an error. */
export interface Counted {
    readonly source?: string | undefined;
    readonly severity: number;
}

export type State =
    /** No dependency file yet; nothing is shown. */
    | { readonly kind: "idle" }
    /** The workspace is not trusted: nothing is started. */
    | { readonly kind: "untrusted" }
    | { readonly kind: "starting" }
    | { readonly kind: "running"; readonly server: string }
    /** No server was found. */
    | { readonly kind: "missing" }
    /** A server was found but does not run. */
    | { readonly kind: "failed"; readonly cause: string };

export interface Appearance {
    readonly text: string;
    readonly tooltip: string;
    /** Text for screen readers. */
    readonly label: string;
    /** Command of a click. */
    readonly command: string;
    readonly warns: boolean;
}

export const NOTHING: Counts = { errors: 0, warnings: 0, notes: 0 };

export function add(left: Counts, right: Counts): Counts {
    return {
        errors: left.errors + right.errors,
        warnings: left.warnings + right.warnings,
        notes: left.notes + right.notes,
    };
}

/** Count mothball's `diagnostics` by severity. */
export function countFindings(diagnostics: Iterable<Counted>): Counts {
    const bySeverity = [0, 0, 0, 0];
    for (const { source, severity } of diagnostics) {
        if (source === "mothball") {
            bySeverity[severity] = (bySeverity[severity] ?? 0) + 1;
        }
    }
    const [errors = 0, warnings = 0, information = 0, hints = 0] = bySeverity;
    return { errors, warnings, notes: information + hints };
}

/** Return the appearance of the status bar item, or nothing if it is hidden. */
export function appearanceOf(state: State, counts: Counts): Appearance | undefined {
    switch (state.kind) {
        case "idle":
            return undefined;
        case "untrusted":
            return appearance("$(archive) mothball", "is not started until you trust this workspace", "workbench.trust.manage");
        case "starting":
            return appearance("$(archive) $(loading~spin)", "is starting", "mothball.showOutput");
        case "missing":
            return appearance("$(archive) mothball", "is not installed: click for instructions", "mothball.howToInstall", true);
        case "failed":
            return appearance("$(archive) mothball", `is not running: ${state.cause}`, "mothball.showOutput", true);
        case "running":
            return running(counts, state.server);
    }
}

function running(counts: Counts, server: string): Appearance {
    const summary = describe(counts);
    const shown = [
        counts.errors > 0 ? `$(error) ${String(counts.errors)}` : "",
        counts.warnings > 0 ? `$(warning) ${String(counts.warnings)}` : "",
    ].filter((part) => part !== "");
    const text = ["$(archive)", ...(shown.length > 0 ? shown : ["mothball"])].join(" ");
    return {
        text,
        tooltip: `mothball: ${summary}\n${server}`,
        label: `mothball: ${summary}`,
        command: "workbench.actions.view.problems",
        warns: false,
    };
}

function describe({ errors, warnings, notes }: Counts): string {
    const parts = [counted(errors, "error"), counted(warnings, "warning"), counted(notes, "note")];
    return parts.filter((part) => part !== "").join(", ") || "no findings";
}

function counted(count: number, noun: string): string {
    return count === 0 ? "" : `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function appearance(text: string, description: string, command: string, warns = false): Appearance {
    return { text, tooltip: `mothball ${description}`, label: `mothball ${description}`, command, warns };
}
