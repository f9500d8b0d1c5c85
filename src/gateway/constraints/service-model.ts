import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** A shape of AWS's service description, as far as it is read here. Source: botocore's `service-2.json`. */
export interface ModelShape {
  readonly type: string;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly member?: ModelReference;
  readonly key?: ModelReference;
  readonly value?: ModelReference;
  readonly members?: Readonly<Record<string, ModelReference>>;
}

interface ModelReference {
  readonly shape: string;
}

export interface ServiceModel {
  readonly operations: Readonly<Record<string, { readonly input?: ModelReference }>>;
  readonly shapes: Readonly<Record<string, ModelShape>>;
}

/** botocore's folders, where they are not called as the IAM prefix. */
const FOLDERS: Readonly<Record<string, string>> = { elasticloadbalancing: "elbv2" };

/** The newest description of a service in a folder of botocore's. */
export async function readServiceModel(folder: string, id: string): Promise<ServiceModel> {
  const versions = join(folder, FOLDERS[id] ?? id);
  const newest = (await readdir(versions)).sort().at(-1) ?? "";
  const packed = await readFile(join(versions, newest, "service-2.json.gz"));
  return JSON.parse(gunzipSync(packed).toString()) as ServiceModel;
}
