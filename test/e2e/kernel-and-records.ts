import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { followWorld } from "../../src/control/packet-filter/follow-world.ts";
import { FilterCompiler } from "../../src/decide/packet-filter/compiler.ts";
import type { FilterContents } from "../../src/domain/packet-filter.ts";
import { installationId } from "../../src/drivers/filesystem/installation.ts";
import { nftProgram } from "../../src/drivers/nftables/nft.ts";
import { tableOf } from "../../src/drivers/nftables/packet-filter.ts";
import { heldTable, type HeldTable } from "../../src/drivers/nftables/read-back.ts";
import { chainMarks } from "../../src/drivers/nftables/render.ts";
import { sqliteJournal } from "../../src/drivers/sqlite/journal.ts";
import { openState } from "../../src/state/open-state.ts";
import { runCommand } from "../../src/testing/aws-cli.ts";

/**
 * The chains and sets of an installation's table in the kernel that are not what the records on its disk and the engine's networks say. Records that change meanwhile
 * may differ: who asks has them rest, or asks again.
 */
export async function differences(dataDirectory: string): Promise<readonly string[]> {
  const installation = await installationId(dataDirectory);
  const held = heldTable((await nftProgram().read("inet", tableOf(installation))) ?? []);
  const wanted = await contentsOf(dataDirectory, installation, held);
  const chains = [...new Set([...held.chains.keys(), ...wanted.chains.keys()])].filter((name) => {
    const [is, should] = [held.chains.get(name), wanted.chains.get(name)];
    return !is || !should || is.marks.join() !== chainMarks(should).join();
  });
  const sets = [...new Set([...held.sets.keys(), ...wanted.sets.keys()])].filter((name) => {
    const [is, should] = [held.sets.get(name), wanted.sets.get(name)];
    return !is || !should || is.kind !== should.kind || text(is.elements) !== text(should.elements);
  });
  return [...chains, ...sets];
}

async function contentsOf(dataDirectory: string, installation: string, held: HeldTable): Promise<FilterContents> {
  const folder = await mkdtemp(join(tmpdir(), "airfield-records-"));
  try {
    // A copy, or the server would be told that somebody else has its journal.
    for (const end of ["", "-wal"]) await copyFile(join(dataDirectory, `state.db${end}`), join(folder, `state.db${end}`));
    const journal = await sqliteJournal(join(folder, "state.db"));
    try {
      const compiler = new FilterCompiler();
      followWorld(await openState(journal), compiler, () => undefined)[Symbol.dispose]();
      for (const network of await networksOf(installation)) compiler.tell("networks", network);
      // These are of this host's, and in no record.
      for (const id of held.sets.get("resolvers")?.elements.keys() ?? []) compiler.tell("resolvers", { id });
      for (const element of held.sets.get("doors")?.elements.keys() ?? []) compiler.tell("doors", { id: element.replace("6 . ", "") });
      compiler.change();
      return compiler.contents();
    } finally {
      await journal.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Inspected {
  readonly Id: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly IPAM: { readonly Config: readonly { readonly Subnet: string }[] };
}

async function networksOf(installation: string) {
  const listed = await runCommand(
    "docker",
    ["network", "ls", "--quiet", "--filter", `label=airfield.instance=${installation}`],
    process.env,
  );
  const ids = listed.stdout.split("\n").filter((id) => id !== "");
  if (ids.length === 0) return [];
  const { stdout } = await runCommand("docker", ["network", "inspect", ...ids], process.env);
  return (JSON.parse(stdout) as readonly Inspected[]).flatMap(({ Id, Labels, IPAM }) => {
    const id = Labels["airfield.vpc"];
    return id === undefined ? [] : [{ id: Id, bridge: `br-${Id.slice(0, 12)}`, block: IPAM.Config[0]?.Subnet ?? "" }];
  });
}

function text(elements: ReadonlyMap<string, string>): string {
  return JSON.stringify([...elements].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
