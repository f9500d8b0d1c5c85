/** Where a resource lives. Several accounts and regions live side by side in one Airfield. */
export interface Scope {
  /** Twelve digits. */
  readonly account: string;
  /** Such as `us-east-1`. */
  readonly region: string;
}

/** Under which records of a scope are filed. Keys of the journal begin with it: it never changes. */
export function scopeKey({ account, region }: Scope): string {
  return `${account}/${region}`;
}

/** The key of what is the only one of its name in its account and region. A name may have parts: `family/web`. */
export function keyInScope({ account, region }: Scope, name: string): string {
  return `${account}/${region}/${name}`;
}

export const DEFAULT_ACCOUNT = "123456789012";
export const DEFAULT_REGION = "us-east-1";

/** True for a well-formed region name such as `ap-south-1`; any such region exists here. */
export function isRegion(text: string): boolean {
  return /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/.test(text);
}

export function isAccount(text: string): boolean {
  return /^\d{12}$/.test(text);
}
