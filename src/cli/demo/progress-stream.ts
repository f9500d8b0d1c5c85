import type { Readable } from "node:stream";

/** A line of the engine's answer to a build or a push. */
export interface ProgressMessage {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly stream?: string;
}

/** Reads the engine's lines of JSON to their end. */
export async function followProgress(stream: Readable, onMessage: (message: ProgressMessage) => void): Promise<void> {
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") onMessage(JSON.parse(line) as ProgressMessage);
  }
  if (rest.trim() !== "") onMessage(JSON.parse(rest) as ProgressMessage);
}
