/** A policy that AWS keeps for everybody: `arn:aws:iam::aws:policy/…`. Facts of AWS's "Managed Policy Reference". */
export interface AwsManagedPolicy {
  readonly name: string;
  /** `/`, `/service-role/`, or `/aws-service-role/` of those that only service-linked roles have. */
  readonly path: string;
  readonly versionId: string;
  /** ISO 8601, as AWS tells it. */
  readonly createdAt: string;
  /** When its default version was made. */
  readonly updatedAt: string;
  readonly document: object;
}
