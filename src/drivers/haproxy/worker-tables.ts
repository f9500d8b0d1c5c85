import { HaproxyRefusalError } from "./haproxy-process.ts";
import { tableText, type RouteTable } from "./route-runs.ts";
import { askHaproxy, askHaproxyAll, wasDone } from "./runtime-api.ts";

/** The tables in which a worker looks routes up, as far as is known. */
export class WorkerTables {
  readonly #socket: string;
  #known: ReadonlyMap<string, RouteTable> = new Map();

  constructor(workerSocket: string) {
    this.#socket = workerSocket;
  }

  /** Another worker, whose tables are not known. */
  forget(): void {
    this.#known = new Map();
  }

  /** What a worker read when it started. */
  started(tables: ReadonlyMap<string, RouteTable>): void {
    this.#known = tables;
  }

  /**
   * Gives it those of other tables that are not as it has them: each is put together beside the one that is in use, and takes its place at once. Time is
   * proportional to these.
   * @throws HaproxyRefusalError
   */
  async change(wanted: ReadonlyMap<string, RouteTable>): Promise<void> {
    for (const [file, table] of wanted) {
      const known = this.#known.get(file);
      if (known && tableText(known) === tableText(table)) continue;
      await this.#replace(file, table);
      this.#known = new Map([...this.#known, [file, table]]);
    }
  }

  async #replace(file: string, table: RouteTable): Promise<void> {
    const answer = await askHaproxy(this.#socket, `prepare map ${file}`);
    const version = /^New version created: (\d+)$/.exec(answer)?.[1];
    if (version === undefined) throw new HaproxyRefusalError(`prepare map ${file}: ${answer}`);
    const commands = [...additions(`@${version} ${file}`, table), `commit map @${version} ${file}`];
    const refused = (await askHaproxyAll(this.#socket, commands)).find((one) => !wasDone(one));
    if (refused === undefined) return;
    await askHaproxy(this.#socket, `clear map @${version} ${file}`);
    throw new HaproxyRefusalError(`add map ${file}: ${refused}`);
  }
}

/** HAProxy reads a command into a buffer of 16 KiB. */
const LONGEST = 8000;

function additions(place: string, table: RouteTable): readonly string[] {
  const commands: string[] = [];
  let lines = "";
  for (const [key, value] of table) {
    const line = tableText(new Map([[key, value]]));
    if (lines.length + line.length > LONGEST) {
      commands.push(`add map ${place} <<\n${lines}`);
      lines = "";
    }
    lines += line;
  }
  return lines === "" ? commands : [...commands, `add map ${place} <<\n${lines}`];
}
