import { writeFile } from "node:fs/promises";
import { SERVICES } from "../../services/catalogue.ts";
import { readModel } from "./read-model.ts";
import { readServiceModel } from "./service-model.ts";

// `npm run model-constraints -- FOLDER VERSION`: FOLDER is `botocore/data` of an installed botocore, VERSION is botocore's.
const [folder, version] = process.argv.slice(2);
if (!folder || !version) throw new Error("usage: npm run model-constraints -- botocore/data 1.2.3");

for (const service of SERVICES) {
  const model = readModel(await readServiceModel(folder, service.id), service.protocol);
  const text = `import type { ModelConstraints } from "../model-constraints.ts";

/**
 * Made by \`npm run model-constraints\` from AWS's model of this service in botocore ${version} (Apache-2.0): not written by hand.
 */
export const model: ModelConstraints = {
  shapes: {
${lines(model.shapes)}  },
  members: {
${lines(model.members)}  },
};
`;
  await writeFile(new URL(`../../services/${service.id}/model.ts`, import.meta.url), text);
}

/** A line an entry, so that a newer model is a diff to read. */
function lines(entries: Readonly<Record<string, unknown>>): string {
  return Object.entries(entries)
    .map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`)
    .join("");
}
