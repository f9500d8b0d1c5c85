import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { InvalidImportTokenException, UnsupportedOperationException, type AlgorithmSpec } from "@aws-sdk/client-kms";
import type { SecretBox } from "../../ports/secret-box.ts";
import type { KeyRecord } from "../../state/kms/keys.ts";
import { oneOf } from "../constraints.ts";
import { because } from "../operation.ts";
import { DAY, ENDING, keyPermission, operation, refuse, refuseStates, requireOwnKey } from "./key.ts";
import { isWrapping, type Wrapping } from "./unwrap.ts";

const MODULI: Readonly<Record<string, number>> = { RSA_2048: 2048, RSA_3072: 3072, RSA_4096: 4096 };
const ALGORITHMS: readonly AlgorithmSpec[] = [
  "RSAES_PKCS1_V1_5",
  "RSAES_OAEP_SHA_1",
  "RSAES_OAEP_SHA_256",
  "RSA_AES_KEY_WRAP_SHA_1",
  "RSA_AES_KEY_WRAP_SHA_256",
  "SM2PKE",
];

/** What an import token says. It is sealed and says everything: nothing is kept of it here. Times in milliseconds since the Unix epoch. */
export interface ImportToken {
  readonly key: string;
  readonly wrapping: Wrapping;
  /** PKCS #8, DER in base64. */
  readonly privateKey: string;
  readonly expiresAt: number;
}

const CONTEXT = "kms:import-token";
const generate = promisify(generateKeyPair);

export const getParametersForImport = operation("GetParametersForImport", {
  authorize: ({ KeyId, WrappingAlgorithm, WrappingKeySpec }, at) =>
    keyPermission("GetParametersForImport", at, KeyId, {
      "kms:WrappingAlgorithm": WrappingAlgorithm,
      "kms:WrappingKeySpec": WrappingKeySpec,
    }),
  async run({ KeyId, WrappingAlgorithm: wrapping, WrappingKeySpec: spec = "" as const }, context) {
    refuse(oneOf("wrappingAlgorithm", wrapping, ALGORITHMS), oneOf("wrappingKeySpec", spec, [...Object.keys(MODULI), "SM2"]));
    const { secrets, now } = context;
    const key = externalKey(requireOwnKey(context, KeyId));
    refuseStates(key, now, ...ENDING);
    const modulusLength = MODULI[spec];
    // AWS has given up RSAES_PKCS1_V1_5; SM2 is for its regions in China.
    if (!isWrapping(wrapping) || modulusLength === undefined)
      throw new UnsupportedOperationException(because(`The wrapping algorithm ${wrapping} with ${spec} is not supported.`));
    const { publicKey, privateKey } = await generate("rsa", { modulusLength });
    const expiresAt = now + DAY;
    const secret = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");
    return {
      KeyId: key.arn,
      ImportToken: writeToken(secrets, { key: key.arn, wrapping, privateKey: secret, expiresAt }),
      PublicKey: publicKey.export({ type: "spki", format: "der" }),
      ParametersValidTo: new Date(expiresAt),
    };
  },
});

/** @throws UnsupportedOperationException for keys whose material KMS makes */
export function externalKey(key: KeyRecord): KeyRecord {
  if (key.origin === "EXTERNAL") return key;
  throw new UnsupportedOperationException(because(`${key.arn} origin is ${key.origin} which is not valid for this operation.`));
}

function writeToken(secrets: SecretBox, token: ImportToken): Buffer {
  return Buffer.from(secrets.seal(Buffer.from(JSON.stringify(token)), CONTEXT), "base64");
}

/** @throws InvalidImportTokenException for one that we did not make */
export function readToken(secrets: SecretBox, token: Uint8Array): ImportToken {
  try {
    return JSON.parse(Buffer.from(secrets.open(Buffer.from(token).toString("base64"), CONTEXT)).toString()) as ImportToken;
  } catch {
    // The box opens nothing else.
    throw new InvalidImportTokenException(because("The import token is not valid."));
  }
}
