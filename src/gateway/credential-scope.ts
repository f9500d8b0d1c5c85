/** The credential scope of a signed request: `AKIA…/20260102/us-east-1/ecs/aws4_request`. */
export interface CredentialScope {
  readonly accessKeyId: string;
  /** `YYYYMMDD` */
  readonly date: string;
  readonly region: string;
  /** The signing name of the service. */
  readonly service: string;
}

export function parseCredentialScope(credential: string): CredentialScope | undefined {
  const [accessKeyId, date, region, service, term, ...rest] = credential.split("/", 6);
  if (!accessKeyId || !date || !region || !service || term !== "aws4_request" || rest.length > 0) return undefined;
  return { accessKeyId, date, region, service };
}
