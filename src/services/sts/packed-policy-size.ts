import { deflateRawSync } from "node:zlib";
import { PackedPolicyTooLargeException } from "@aws-sdk/client-sts";
import type { SessionFacts } from "../../domain/principal.ts";
import { because } from "../operation.ts";

/**
 * The bytes that policies and tags of one session may take when they are packed. AWS tells neither its limit nor its form; with this one,
 * the sizes in its documented examples come out close to what it gives.
 */
const MOST_BYTES = 1536;

/**
 * How much of the allotted space a session's policies and tags take, in percent; `undefined` where it has none.
 * @throws PackedPolicyTooLargeException
 */
export function packedPolicySize({ policy, policyArns, tags }: Pick<SessionFacts, "policy" | "policyArns" | "tags">): number | undefined {
  if (policy === undefined && policyArns.length === 0 && tags.length === 0) return undefined;
  const text = [compact(policy), ...policyArns, ...tags.flatMap(({ Key, Value }) => [Key, Value])].join("\n");
  const percent = Math.ceil((deflateRawSync(text).length * 100) / MOST_BYTES);
  if (percent <= 100) return percent;
  const ofTags = policy === undefined && policyArns.length === 0;
  throw new PackedPolicyTooLargeException(
    because(
      ofTags
        ? `Packed size of session tags consumes ${percent}% of allotted space.`
        : `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
    ),
  );
}

/** A token travels in a header of each request, and a request has 16 KiB of headers in all. */
const LONGEST_TOKEN = 8192;

/** @throws PackedPolicyTooLargeException for a token that no request could carry */
export function refuseHugeToken({ sessionToken }: { readonly sessionToken: string }): void {
  if (sessionToken.length > LONGEST_TOKEN) throw new PackedPolicyTooLargeException(because("Serialized token too large for session"));
}

/** White space between the elements of a policy costs nothing. */
function compact(policy: string | undefined): string {
  return policy === undefined ? "" : JSON.stringify(JSON.parse(policy));
}
