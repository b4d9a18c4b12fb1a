/** What the status bar says; pure, so that its words can be tested without an editor. */

/** How many findings of each weight the open editors and the last check of the workspace show. */
export interface Counts {
    readonly errors: number;
    readonly warnings: number;
    readonly notes: number;
}

/** What of a diagnostic counts; the numbers are VS Code's, 0 being an error. */
export interface Counted {
    readonly source?: string | undefined;
    readonly severity: number;
}

export type State =
    /** Nothing here for mothball yet; nothing is shown. */
    | { readonly kind: "idle" }
    /** The workspace is not trusted: nothing is started. */
    | { readonly kind: "untrusted" }
    | { readonly kind: "starting" }
    | { readonly kind: "running"; readonly server: string }
    /** There is no server to start. */
    | { readonly kind: "missing" }
    /** A server was there and does not run. */
    | { readonly kind: "failed"; readonly cause: string };

export interface Face {
    readonly text: string;
    readonly tooltip: string;
    /** What a screen reader says. */
    readonly label: string;
    /** The command that a click runs. */
    readonly command: string;
    readonly warns: boolean;
}

export const NOTHING: Counts = { errors: 0, warnings: 0, notes: 0 };

export function add(one: Counts, other: Counts): Counts {
    return {
        errors: one.errors + other.errors,
        warnings: one.warnings + other.warnings,
        notes: one.notes + other.notes,
    };
}

/** Return how many of `diagnostics` are mothball's, by weight. */
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

/** Return what the status bar item shows, or nothing when it should not be there. */
export function faceOf(state: State, counts: Counts): Face | undefined {
    switch (state.kind) {
        case "idle":
            return undefined;
        case "untrusted":
            return face("$(archive) mothball", "waits until you trust this workspace", "workbench.trust.manage");
        case "starting":
            return face("$(archive) $(loading~spin)", "is starting", "mothball.showOutput");
        case "missing":
            return face("$(archive) mothball", "is not installed here: click for what to do", "mothball.howToInstall", true);
        case "failed":
            return face("$(archive) mothball", `does not run: ${state.cause}`, "mothball.showOutput", true);
        case "running":
            return running(counts, state.server);
    }
}

function running(counts: Counts, server: string): Face {
    const words = inWords(counts);
    const shown = [
        counts.errors > 0 ? `$(error) ${String(counts.errors)}` : "",
        counts.warnings > 0 ? `$(warning) ${String(counts.warnings)}` : "",
    ].filter((part) => part !== "");
    const text = ["$(archive)", ...(shown.length > 0 ? shown : ["mothball"])].join(" ");
    return {
        text,
        tooltip: `mothball: ${words}\n${server}`,
        label: `mothball: ${words}`,
        command: "workbench.actions.view.problems",
        warns: false,
    };
}

function inWords({ errors, warnings, notes }: Counts): string {
    const parts = [counted(errors, "error"), counted(warnings, "warning"), counted(notes, "note")];
    return parts.filter((part) => part !== "").join(", ") || "nothing found";
}

function counted(count: number, noun: string): string {
    return count === 0 ? "" : `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function face(text: string, words: string, command: string, warns = false): Face {
    return { text, tooltip: `mothball ${words}`, label: `mothball ${words}`, command, warns };
}
