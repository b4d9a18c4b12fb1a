/** Text of the status bar item. Pure, so that it can be tested without an editor. */

/** Findings of one rule, or problems without a rule (`rule` is empty). */
export interface RuleCount {
    readonly rule: string;
    readonly count: number;
    /** The highest severity of these findings; that of VS Code, 0 is an error. */
    readonly severity: number;
}

/** The findings of a file or of all files. */
export interface Counts {
    readonly rules: readonly RuleCount[];
    /** Why dependencies cannot be checked, such as "index unreachable"; empty if there is no outage. */
    readonly outage: string;
}

/** The fields of a diagnostic that are counted. */
export interface Counted {
    readonly source?: string | undefined;
    readonly severity: number;
    readonly message: string;
    readonly code?: string | number | { readonly value: string | number } | undefined;
}

export type State =
    /** No dependency file yet; nothing is shown. */
    | { readonly kind: "idle" }
    /** The workspace is not trusted: nothing is started. */
    | { readonly kind: "untrusted" }
    | { readonly kind: "starting" }
    /** `work` describes what the server does, such as a lookup; it is empty if it does nothing. */
    | { readonly kind: "running"; readonly server: string; readonly work: string }
    /** No server was found. */
    | { readonly kind: "missing" }
    /** A server was found but does not run. */
    | { readonly kind: "failed"; readonly cause: string };

export interface Appearance {
    readonly text: string;
    readonly tooltip: string;
    /** Text for screen readers. */
    readonly label: string;
    /** Command of a click. None of them closes the Problems panel. */
    readonly command: string;
    readonly warns: boolean;
}

/** The server's message for the outage of an index: "Index unreachable (CAUSE): 8 dependencies not checked". */
const OUTAGE = /^(Index [A-Za-z ]+|No trusted connection to the index|Proxy failed|Offline) \(.*\): \d+ dependenc/;
const UNVERIFIED = "unverified";
const NOTE = 2;
/** Words for rules that are not adjectives: singular and plural. */
const WORDS: Readonly<Record<string, readonly [string, string]>> = {
    "": ["problem", "problems"],
    "expired-ignore": ["expired ignore", "expired ignores"],
    "ignore-without-reason": ["ignore without reason", "ignores without reason"],
    "not-stated": ["not stated", "not stated"],
    "unrecognized-status": ["unrecognized status", "unrecognized statuses"],
    "unused-ignore": ["unused ignore", "unused ignores"],
};
/** Maximum number of rules in the text of the item; the tooltip has all. */
const SHOWN_RULES = 3;

/** Count mothball's `diagnostics` by rule. */
export function countFindings(diagnostics: Iterable<Counted>): Counts {
    const counts: RuleCount[] = [];
    let outage = "";
    for (const { source, severity, message, code } of diagnostics) {
        if (source === "mothball") {
            const rule = String((typeof code === "object" ? code.value : code) ?? "");
            counts.push({ rule, count: 1, severity });
            if (rule === UNVERIFIED) {
                outage ||= outageOf(message);
            }
        }
    }
    return { rules: merge(counts), outage };
}

/** Return the counts of all files together. */
export function sum(files: Iterable<Counts>): Counts {
    const all = [...files];
    return {
        rules: merge(all.flatMap(({ rules }) => rules)),
        outage: all.find(({ outage }) => outage !== "")?.outage ?? "",
    };
}

/** Return the appearance of the status bar item, or nothing if it is hidden. */
export function appearanceOf(state: State, counts: Counts): Appearance | undefined {
    switch (state.kind) {
        case "idle":
            return undefined;
        case "untrusted":
            return appearance("mothball", "is not started until you trust this workspace", "workbench.trust.manage");
        case "starting":
            return appearance("$(loading~spin)", "is starting", "mothball.showMenu");
        case "missing":
            return appearance("mothball not installed", "is not installed: click to install it", "mothball.install", true);
        case "failed":
            return appearance("mothball not running", `is not running: ${state.cause}`, "mothball.showMenu", true);
        case "running":
            return running(counts, state.server, state.work);
    }
}

/** Describe findings in words: "2 archived, 1 quarantined", the highest severity first. */
function describe(rules: readonly RuleCount[]): string {
    return rules.map(({ rule, count }) => `${String(count)} ${wordsOf(rule, count)}`).join(", ");
}

function running(counts: Counts, server: string, work: string): Appearance {
    const shown = counts.rules.filter(({ severity, rule }) => severity < NOTE && rule !== UNVERIFIED);
    const more = shown.length > SHOWN_RULES ? ", …" : "";
    const unverified = counts.rules.filter(({ rule }) => rule === UNVERIFIED);
    const parts = [
        counts.outage || describe(unverified),
        describe(shown.slice(0, SHOWN_RULES)) + more,
    ].filter((part) => part !== "");
    const icon = work === "" ? "$(archive)" : "$(archive) $(loading~spin)";
    const summary = [
        work,
        counts.outage,
        describe(counts.rules) || (work === "" ? "no findings" : ""),
    ].filter((part) => part !== "");
    return {
        text: `${icon} ${parts.join(", ") || "mothball"}`,
        tooltip: `mothball: ${summary.join("; ")}\n${server}`,
        label: `mothball: ${summary.join("; ")}`,
        command: "mothball.showMenu",
        warns: counts.outage !== "",
    };
}

function outageOf(message: string): string {
    const cause = OUTAGE.exec(message)?.[1] ?? "";
    return cause.slice(0, 1).toLowerCase() + cause.slice(1);
}

/** Add up counts of the same rule, and sort them by severity, count and name. */
function merge(counts: readonly RuleCount[]): readonly RuleCount[] {
    const merged = new Map<string, RuleCount>();
    for (const { rule, count, severity } of counts) {
        const known = merged.get(rule) ?? { count: 0, severity };
        merged.set(rule, { rule, count: known.count + count, severity: Math.min(known.severity, severity) });
    }
    return [...merged.values()].sort(
        (one, other) =>
            one.severity - other.severity || other.count - one.count || one.rule.localeCompare(other.rule),
    );
}

function wordsOf(rule: string, count: number): string {
    const [singular, plural] = WORDS[rule] ?? [rule, rule];
    return count === 1 ? singular : plural;
}

function appearance(text: string, description: string, command: string, warns = false): Appearance {
    const sentence = `mothball ${description}`;
    return { text: `$(archive) ${text}`, tooltip: sentence, label: sentence, command, warns };
}
