import type { PutParameterCommandInput } from "@aws-sdk/client-ssm";
import { invalid } from "./parameter.ts";

const STANDARD_LIMIT = 4096;
const ADVANCED_LIMIT = 8192;

export type Tier = "Standard" | "Advanced";

interface Needs {
  /** Bytes. */
  readonly length: number;
  /** Whether there are policies, which only advanced parameters have. */
  readonly policies: boolean;
}

/** The tier that a version gets. A parameter never goes back from advanced to standard. @throws ValidationException */
export function tierFor({ length, policies }: Needs, wanted: PutParameterCommandInput["Tier"], was: Tier): Tier {
  if (wanted === "Standard" && was === "Advanced")
    throw invalid(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. " +
        "If necessary, you can delete the advanced parameter and recreate it as a standard parameter.",
    );
  const needed = was === "Advanced" || length > STANDARD_LIMIT || policies ? "Advanced" : "Standard";
  const tier = wanted === "Intelligent-Tiering" ? needed : (wanted ?? was);
  if (tier === "Standard" && length > STANDARD_LIMIT)
    throw invalid(
      `Standard tier parameters support a maximum parameter value of ${STANDARD_LIMIT} characters. To create a larger parameter value, upgrade the parameter ` +
        "to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
    );
  if (tier === "Standard" && policies)
    throw invalid(
      "Parameter policies are supported by the advanced-parameter tier only. To use policies, upgrade the parameter to that tier.",
    );
  if (length > ADVANCED_LIMIT) throw invalid(`Advanced tier parameters support a maximum parameter value of ${ADVANCED_LIMIT} characters.`);
  return tier;
}
