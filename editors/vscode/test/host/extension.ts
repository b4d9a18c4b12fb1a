/**
 * Runs the tests of this folder inside the extension host, one after the other, and writes down how they went.
 *
 * `MOTHBALL_HOST_RESULTS` names the file for the results; it appears when all tests are through.
 */

import { rename, writeFile } from "node:fs/promises";

import { tests } from "./tests.ts";

const LIMIT = 60_000;

export async function activate(): Promise<void> {
    const file = process.env["MOTHBALL_HOST_RESULTS"];
    if (file === undefined) {
        return;
    }
    const results: { name: string; failure: string | null }[] = [];
    for (const [name, test] of Object.entries(tests)) {
        results.push({ name, failure: await failureOf(test) });
    }
    await writeFile(`${file}.unfinished`, JSON.stringify(results, undefined, 2));
    await rename(`${file}.unfinished`, file);
}

async function failureOf(test: () => Promise<void>): Promise<string | null> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
            reject(new Error("it hangs"));
        }, LIMIT);
    });
    try {
        await Promise.race([test(), tooLong]);
        return null;
    } catch (error) {
        return error instanceof Error ? (error.stack ?? error.message) : String(error);
    } finally {
        clearTimeout(timer);
    }
}
