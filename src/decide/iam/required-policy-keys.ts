import type { PolicyDocument } from "./policy-document.ts";
import { parseTemplate, variablesOf } from "./policy-variables.ts";

/**
 * The condition keys that a policy asks a request for, in its conditions and in its variables: what `GetContextKeysForCustomPolicy`
 * answers. Each key once, as it is first written; case does not tell keys apart.
 */
export function contextKeysOf({ version, statements }: PolicyDocument): readonly string[] {
  const keys = new Map<string, string>();
  const add = (key: string): void => {
    if (!keys.has(key.toLowerCase())) keys.set(key.toLowerCase(), key);
  };
  const addVariables = (text: string): void => variablesOf(parseTemplate(text, version === "2012-10-17")).forEach(add);
  for (const { resource, conditions } of statements) {
    resource?.patterns.forEach(addVariables);
    for (const { key, values } of conditions) {
      add(key);
      values.forEach(addVariables);
    }
  }
  return [...keys.values()];
}
