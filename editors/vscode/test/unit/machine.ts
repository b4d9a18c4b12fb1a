/** A machine with or without programs, for tests of the search. */

import type { SearchContext } from "../../src/finding.ts";

/** A machine that has nothing but `programs`. */
export function machine(programs: readonly string[], rest: Partial<SearchContext> = {}): SearchContext {
    return {
        setting: "",
        uvx: "ask",
        interpreters: [],
        searchPath: "/usr/local/bin:/usr/bin",
        home: "/home/ada",
        platform: "linux",
        wheel: "/extension/dist/mothball.whl",
        isProgram: (path) => Promise.resolve(programs.includes(path)),
        ...rest,
    };
}
