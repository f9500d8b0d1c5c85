import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A worker's socket, which prints a prompt as HAProxy 2.6 does where it is asked to. Each connection's commands are noted, with the lines that they hand over. */
export async function fakeWorker(answer: (command: string) => string | undefined): Promise<{
  readonly path: string;
  readonly connections: readonly (readonly string[])[];
}> {
  const connections: string[][] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const commands: string[] = [];
    connections.push(commands);
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("end", () => {
      const said = text.startsWith("prompt\n");
      if (said) socket.write("\n> ");
      for (const command of commandsIn(text.replace(/^prompt\n/, ""))) {
        if (command === "quit") break;
        commands.push(command);
        const printed = answer(command);
        if (printed === undefined) break;
        socket.write(`${printed}${printed === "" ? "" : "\n"}\n${said ? "> " : ""}`);
      }
      socket.end();
    });
  });
  const folder = await mkdtemp(join(tmpdir(), "airfield-worker-"));
  const path = join(folder, "worker.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  return { path, connections };
}

/** One that hands over lines ends with an empty one. */
function commandsIn(text: string): readonly string[] {
  return [...text.matchAll(/^(.*<<\n(?:.+\n)*)\n|^(.+)$/gm)].map(([, long, short = ""]) => long ?? short);
}
