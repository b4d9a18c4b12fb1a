import assert from "node:assert/strict";
import { test } from "node:test";

import { add, countFindings, appearanceOf, NOTHING } from "../../src/counting.ts";

const running = { kind: "running", server: "mothball 1.2.3, found on PATH" } as const;

test("only mothball's diagnostics are counted, by severity", () => {
    const counts = countFindings([
        { source: "mothball", severity: 0 },
        { source: "mothball", severity: 0 },
        { source: "mothball", severity: 1 },
        { source: "mothball", severity: 2 },
        { source: "mothball", severity: 3 },
        { source: "ruff", severity: 0 },
        { severity: 0 },
    ]);
    assert.deepEqual(counts, { errors: 2, warnings: 1, notes: 2 });
    assert.deepEqual(add(counts, counts), { errors: 4, warnings: 2, notes: 4 });
    assert.deepEqual(add(counts, NOTHING), counts);
});

test("a running server shows its counts, and a click shows the problems", () => {
    const appearance = appearanceOf(running, { errors: 2, warnings: 1, notes: 1 });
    assert.deepEqual(appearance, {
        text: "$(archive) $(error) 2 $(warning) 1",
        tooltip: "mothball: 2 errors, 1 warning, 1 note\nmothball 1.2.3, found on PATH",
        label: "mothball: 2 errors, 1 warning, 1 note",
        command: "workbench.actions.view.problems",
        warns: false,
    });
});

test("singular and zero counts", () => {
    assert.match(appearanceOf(running, { errors: 1, warnings: 0, notes: 0 })?.tooltip ?? "", /1 error\n/);
    const calm = appearanceOf(running, NOTHING);
    assert.equal(calm?.text, "$(archive) mothball");
    assert.match(calm.label, /no findings/);
});

test("a server that is not running is shown with a command", () => {
    assert.equal(appearanceOf({ kind: "idle" }, NOTHING), undefined);
    assert.equal(appearanceOf({ kind: "untrusted" }, NOTHING)?.command, "workbench.trust.manage");
    assert.equal(appearanceOf({ kind: "starting" }, NOTHING)?.warns, false);
    const missing = appearanceOf({ kind: "missing" }, NOTHING);
    assert.deepEqual([missing?.command, missing?.warns], ["mothball.howToInstall", true]);
    const failed = appearanceOf({ kind: "failed", cause: "it stopped" }, NOTHING);
    assert.deepEqual([failed?.command, failed?.warns], ["mothball.showOutput", true]);
    assert.match(failed?.tooltip ?? "", /it stopped/);
});

test("a failed server shows no counts", () => {
    const appearance = appearanceOf({ kind: "failed", cause: "gone" }, { errors: 3, warnings: 0, notes: 0 });
    assert.doesNotMatch(appearance?.text ?? "", /3/);
});
