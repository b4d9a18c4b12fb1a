import assert from "node:assert/strict";
import { test } from "node:test";

import { appearanceOf, type Counted, countFindings, type Counts, sum } from "../../src/counting.ts";

const running = { kind: "running", server: "mothball 1.2.3, found on PATH", work: "" } as const;
const nothing: Counts = countFindings([]);

/** Return `count` diagnostics of mothball. */
function found(rule: string, severity: number, count = 1, message = ""): Counted[] {
    return Array.from({ length: count }, () => ({ source: "mothball", severity, message, code: { value: rule } }));
}

test("only mothball's diagnostics are counted, by rule", () => {
    const counts = countFindings([
        ...found("archived", 0, 2),
        ...found("deprecated", 1),
        { source: "mothball", severity: 0, message: "a rule without a page", code: "unreadable" },
        { source: "mothball", severity: 0, message: "a problem without a rule" },
        { source: "ruff", severity: 0, message: "", code: "archived" },
        { severity: 0, message: "" },
    ]);
    assert.deepEqual(counts.rules, [
        { rule: "archived", count: 2, severity: 0 },
        { rule: "", count: 1, severity: 0 },
        { rule: "unreadable", count: 1, severity: 0 },
        { rule: "deprecated", count: 1, severity: 1 },
    ]);
});

test("the counts of several files are added up by rule, with the highest severity", () => {
    const counts = sum([
        countFindings([...found("archived", 1), ...found("deprecated", 1)]),
        nothing,
        countFindings(found("archived", 0, 2)),
    ]);
    assert.deepEqual(counts.rules, [
        { rule: "archived", count: 3, severity: 0 },
        { rule: "deprecated", count: 1, severity: 1 },
    ]);
});

test("a running server shows its findings in words by rule, and a click shows the menu", () => {
    const counts = countFindings([...found("quarantined", 0), ...found("archived", 0, 2)]);
    assert.deepEqual(appearanceOf(running, counts), {
        text: "$(archive) 2 archived, 1 quarantined",
        tooltip: "mothball: 2 archived, 1 quarantined\nmothball 1.2.3, found on PATH",
        label: "mothball: 2 archived, 1 quarantined",
        command: "mothball.showMenu",
        warns: false,
    });
});

test("notes and more than three rules are only in the tooltip", () => {
    const counts = countFindings([
        ...found("archived", 0),
        ...found("deprecated", 1, 2),
        ...found("yanked", 1),
        ...found("ignore-without-reason", 1),
        ...found("not-stated", 2),
    ]);
    const appearance = appearanceOf(running, counts);
    assert.equal(appearance?.text, "$(archive) 1 archived, 2 deprecated, 1 ignore without reason, …");
    assert.match(appearance.tooltip, /1 yanked, 1 not stated\n/);
    assert.equal(appearanceOf(running, countFindings(found("not-stated", 2)))?.text, "$(archive) mothball");
});

test("words of rules and problems", () => {
    const label = (diagnostics: readonly Counted[]) => appearanceOf(running, countFindings(diagnostics))?.label;
    assert.equal(label(found("re-registered", 0)), "mothball: 1 re-registered");
    assert.equal(label(found("unused-ignore", 1, 2)), "mothball: 2 unused ignores");
    assert.equal(label([{ source: "mothball", severity: 0, message: "" }]), "mothball: 1 problem");
    assert.equal(label([]), "mothball: no findings");
});

test("an index that cannot be reached is shown first, with a warning", () => {
    const message = "Index unreachable (connection refused): 8 dependencies not checked";
    const counts = countFindings([...found("archived", 0), ...found("unverified", 1, 1, message)]);
    const appearance = appearanceOf(running, counts);
    assert.equal(appearance?.text, "$(archive) index unreachable, 1 archived");
    assert.equal(appearance.label, "mothball: index unreachable; 1 archived, 1 unverified");
    assert.equal(appearance.warns, true);
    const offline = countFindings(found("unverified", 1, 1, "Offline (not in the cache): 1 dependency not checked"));
    assert.equal(appearanceOf(running, sum([nothing, offline]))?.text, "$(archive) offline");
    const proxy = countFindings(found("unverified", 1, 1, "Proxy failed (407): 8 dependencies not checked"));
    assert.equal(appearanceOf(running, proxy)?.text, "$(archive) proxy failed");
});

test("a single dependency that could not be checked is no outage", () => {
    for (const message of ["old-lib could not be checked: 403", "index-tools could not be checked (500): see below"]) {
        const appearance = appearanceOf(running, countFindings(found("unverified", 1, 1, message)));
        assert.deepEqual([appearance?.text, appearance?.warns], ["$(archive) 1 unverified", false]);
    }
});

test("work of the server shows a spinner before the findings", () => {
    const busy = { ...running, work: "looking up (3 of 8 names)" };
    const appearance = appearanceOf(busy, countFindings(found("archived", 0)));
    assert.equal(appearance?.text, "$(archive) $(loading~spin) 1 archived");
    assert.equal(appearance.label, "mothball: looking up (3 of 8 names); 1 archived");
    assert.equal(appearanceOf(busy, nothing)?.label, "mothball: looking up (3 of 8 names)");
});

test("a server that is not running is shown with a command", () => {
    assert.equal(appearanceOf({ kind: "idle" }, nothing), undefined);
    assert.equal(appearanceOf({ kind: "untrusted" }, nothing)?.command, "workbench.trust.manage");
    const starting = appearanceOf({ kind: "starting" }, nothing);
    assert.deepEqual([starting?.text, starting?.warns], ["$(archive) $(loading~spin)", false]);
    const missing = appearanceOf({ kind: "missing" }, nothing);
    assert.deepEqual([missing?.command, missing?.warns], ["mothball.install", true]);
    const failed = appearanceOf({ kind: "failed", cause: "it stopped" }, nothing);
    assert.deepEqual([failed?.command, failed?.warns], ["mothball.showMenu", true]);
    assert.match(failed?.tooltip ?? "", /it stopped/);
});

test("a failed server shows no findings", () => {
    const appearance = appearanceOf({ kind: "failed", cause: "gone" }, countFindings(found("archived", 0, 3)));
    assert.doesNotMatch(appearance?.text ?? "", /3/);
});
