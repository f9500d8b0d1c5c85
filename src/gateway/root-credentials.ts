import { arn } from "../domain/arn.ts";
import type { Credentials } from "./gateway.ts";

/** The one principal that exists until identities do: root of the account. */
export function rootCredentials(account: string, keys: { readonly accessKeyId: string; readonly secretAccessKey: string }): Credentials {
  const { accessKeyId, secretAccessKey } = keys;
  const principal = { kind: "root", account, arn: arn("iam", { account, region: "" }, "root"), accessKeyId } as const;
  return { find: (id) => (id === accessKeyId ? { secretAccessKey, principal } : undefined) };
}
