import picocolors from "picocolors";

/** Colours for people at a terminal; none where the output goes to a file or another program, unless `FORCE_COLOR` asks for them. */
export const colors = picocolors.createColors(
  (process.env["FORCE_COLOR"] ?? "0") !== "0" || (process.stdout.isTTY && process.env["NO_COLOR"] === undefined),
);
