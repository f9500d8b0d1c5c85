import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";

export interface OsvExample {
  readonly id: string;
  readonly ecosystem: string;
  readonly name: string;
  /** The version that mends it; it came with the first one. */
  readonly fixed?: string;
  /** Whatever else the record says, or says otherwise. */
  readonly more?: object;
}

/** A record in OSV's format. */
export function osvRecord({ id, ecosystem, name, fixed, more = {} }: OsvExample): { readonly id: string } {
  const events = [{ introduced: "0" }, ...(fixed === undefined ? [] : [{ fixed }])];
  const record = {
    schema_version: "1.7.0",
    id,
    modified: "2026-03-01T12:00:00Z",
    published: "2026-02-01T12:00:00Z",
    details: `What is wrong with ${name}.`,
    references: [{ type: "ADVISORY", url: `https://advisories.example/${id}` }],
    affected: [{ package: { ecosystem, name }, ranges: [{ type: ecosystem === "npm" ? "SEMVER" : "ECOSYSTEM", events }] }],
    ...more,
  };
  return record;
}

/** Writes such a zip file as OSV publishes for each ecosystem. */
export async function writeOsvZip(file: string, records: readonly { readonly id: string }[]): Promise<string> {
  const zip = new ZipFile();
  for (const record of records) zip.addBuffer(Buffer.from(JSON.stringify(record)), `${record.id}.json`);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
  return file;
}
