// Replacement for the compiled logger of VS Code, which needs a compiler to install; without it, outputs stay empty.
const fs = require("node:fs");
const path = require("node:path");

const LEVELS = ["trace", "debug", "info", "warn", "error", "critical"];

class Logger {
    #file;
    #level = 2;
    #raw = false;

    constructor(file) {
        this.#file = file;
        LEVELS.forEach((level, rank) => {
            this[level] = (message) => {
                if (rank >= this.#level) {
                    const stamp = new Date().toISOString().replace("T", " ").slice(0, -1);
                    fs.appendFileSync(this.#file, this.#raw ? message : `${stamp} [${level}] ${message}\n`);
                }
            };
        });
    }

    getLevel() {
        return this.#level;
    }

    setLevel(level) {
        this.#level = level;
    }

    clearFormatters() {
        this.#raw = true;
    }

    setPattern() {}
    flush() {}
    drop() {}
}

async function createLogger(_name, file) {
    await fs.promises.mkdir(path.dirname(file), { recursive: true });
    return new Logger(file);
}

module.exports = {
    Logger,
    createRotatingLogger: createLogger,
    createAsyncRotatingLogger: createLogger,
    setFlushOn() {},
    setLevel() {},
    version: 0,
};
