import type { Logger } from "../../ports/logger.ts";

/** One line an entry on the standard error: time, level, message, then the fields as JSON. */
export function lineLogger(write: (line: string) => void = (line) => void process.stderr.write(`${line}\n`), now = Date.now): Logger {
  const log =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      const rest = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : "";
      write(`${new Date(now()).toISOString()} ${level} ${message}${rest}`);
    };
  return { info: log("info "), warn: log("warn "), error: log("error") };
}
