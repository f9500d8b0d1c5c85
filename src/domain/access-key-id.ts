const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Of an access key of a user or root, and of temporary credentials. Source: IAM User Guide, "Understanding unique ID prefixes". */
export type AccessKeyPrefix = "AKIA" | "ASIA";

/** Where the account lies in the 80 bits that follow the prefix: after one bit that is always set, and before 39 that tell keys apart. */
const ACCOUNT_BITS = 40n;
const REST_BITS = 39n;

/**
 * An access key id that carries its account, as AWS's do: from such an id alone GetAccessKeyInfo tells whose it is.
 * @param chance twenty hexadecimal digits
 */
export function accessKeyId(prefix: AccessKeyPrefix, account: string, chance: string): string {
  const rest = BigInt(`0x${chance}`) & ((1n << REST_BITS) - 1n);
  let bits = (1n << (ACCOUNT_BITS + REST_BITS)) | (BigInt(account) << REST_BITS) | rest;
  let text = "";
  for (let at = 0; at < 16; at++) {
    text = `${BASE32[Number(bits & 31n)]}${text}`;
    bits >>= 5n;
  }
  return `${prefix}${text}`;
}

/** The account that an access key id carries; `undefined` for one that carries none. Whether there is such a key is another question. */
export function accountOfAccessKeyId(id: string): string | undefined {
  if (!/^A[KS]IA[Q-Z2-7][A-Z2-7]{15}$/.test(id)) return undefined;
  let bits = 0n;
  for (const character of id.slice(4)) bits = (bits << 5n) | BigInt(BASE32.indexOf(character));
  const account = ((bits >> REST_BITS) & ((1n << ACCOUNT_BITS) - 1n)).toString().padStart(12, "0");
  return account.length === 12 ? account : undefined;
}
